import { readNetworks } from '../lib/address.ts'
import type { Queryable } from '../store/database.ts'
import { FIND_PERSON, LIST_LOGINS } from './attempt-report-table.ts'
import type { AttemptQuery, Attempts } from './attempts.ts'

/** A count as operators see it. */
export interface ReportedAttempt {
  readonly side: string
  readonly factor: string
  /** Null for a name that nobody has, and where people are counted together. */
  readonly login: string | null
  readonly network: string | null
  readonly failures: number
  readonly last_at: string
  /** Null where attempts go; `recovery` where time doesn't help. */
  readonly stopped_until: string | null
}

/** What operators ask by. */
export interface AttemptQuestion {
  /** Login or e-mail address, also one that nobody has. */
  readonly login?: string
  /** An address or a network in CIDR form. */
  readonly network?: string
}

const MAX_LISTED = 1_000

/** @returns the counts, the latest first */
export async function reportAttempts(
  { database, attempts }: { readonly database: Queryable; readonly attempts: Attempts },
  question: AttemptQuestion,
): Promise<ReportedAttempt[]> {
  const rows = await attempts.list(await queryOf(database, question), MAX_LISTED)
  const ids = [...new Set(rows.flatMap(({ userId }) => (userId === null ? [] : [userId])))]
  const logins = new Map((await database.query(LIST_LOGINS, ids)).map(({ id, login }) => [id, login]))
  return rows.map(({ side, factor, userId, network, failures, lastAt, stoppedUntil }) => ({
    side,
    factor,
    login: userId === null ? null : (logins.get(userId) ?? null),
    network,
    failures,
    last_at: lastAt.toISOString(),
    stopped_until: stoppedUntil instanceof Date ? stoppedUntil.toISOString() : stoppedUntil && 'recovery',
  }))
}

/** What a question is to the counts: a person has the counts of both names. */
export async function queryOf(database: Queryable, { login, network }: AttemptQuestion): Promise<AttemptQuery> {
  const [person] = login === undefined ? [] : await database.query(FIND_PERSON, login.trim().toLowerCase())
  const names = person === undefined ? [login ?? ''] : [person.login, person.email]
  return {
    ...(login !== undefined && { person: { userId: person?.id ?? null, names } }),
    ...(network !== undefined && { network }),
  }
}

/** What is wrong with a network that somebody wrote, as a sentence, or null. */
export function networkFault(network: string): string | null {
  const read = readNetworks([network])
  return typeof read === 'string' ? read : null
}
