import { grantRole, listGrants, MAX_GRANT_DAYS, revokeGrant } from '../administration/grants.ts'
import { MAX_PAGE } from '../administration/parts.ts'
import type { Page } from '../administration/parts.ts'
import { readTime } from '../audit/search-filter.ts'
import { OperatorError } from '../errors.ts'
import type { GrantRow } from '../users/grants-table.ts'
import { done, optionalText, orSay, table, textOf } from './command.ts'
import type { Command } from './command.ts'

const FROM_NOW = /^(\d{1,4})([mhd])$/
const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

export const createGrant: Command = async (context, given) => {
  const [login, role, reason] = [textOf(given, 'login'), textOf(given, 'role'), textOf(given, 'reason')]
  const until = momentOf(textOf(given, 'until'), Date.now())
  if (until === null)
    throw new OperatorError(
      `--until is a length of time such as 2h or 7d, at most ${MAX_GRANT_DAYS}d, or a time such as 2026-01-31T12:00:00Z.`,
      2,
    )
  const grant = await grantRole(context, null, { login, role, until, reason })
  return done(
    `${grant.login} has the role ${role} until ${grant.ends_at.toISOString()}. End it before: postern grant revoke ${grant.id}`,
    describe(grant),
  )
}

export const listAllGrants: Command = async (context, given) => {
  const [login, role] = [optionalText(given, 'login'), optionalText(given, 'role')]
  const question = {
    ...(login !== undefined && { login }),
    ...(role !== undefined && { role }),
    ...(given['all'] !== true && { holds: true }),
  }
  const rows: GrantRow[] = []
  let next: string | null = null
  do {
    const page: Page<GrantRow> = await listGrants(context, {
      ...question,
      ...(next !== null && { after: next }),
      limit: MAX_PAGE,
    })
    rows.push(...page.items)
    next = page.next
  } while (next !== null)
  return done(rows.length === 0 ? 'No role is granted for a while.' : show(rows), rows.map(describe))
}

export const endGrant: Command = async (context, given) => {
  const id = textOf(given, 'id')
  const sentence = `There is no such grant, or it is over already: ${id}. List them: postern grant list`
  const grant = await orSay(sentence, revokeGrant(context, null, { id }))
  return done(`${grant.login} no longer has the role ${grant.role} by this grant.`, describe(grant))
}

/** A moment as somebody wrote it: so long from now, or ISO 8601 in UTC unless it names a zone; null for anything else. */
export function momentOf(text: string, nowMs: number): Date | null {
  const [, count, unit = ''] = FROM_NOW.exec(text) ?? []
  if (count !== undefined) return new Date(nowMs + Number(count) * (UNIT_MS[unit] ?? 0))
  const time = /^\d{4}-/.test(text) ? readTime(text, nowMs) : null
  return time === null ? null : new Date(time)
}

function show(rows: readonly GrantRow[]): string {
  return table(
    ['ID', 'USER', 'ROLE', 'UNTIL', 'STATE', 'BY', 'WHY'],
    rows.map((row) => [
      row.id,
      row.login,
      row.role,
      row.ends_at.toISOString(),
      stateOf(row),
      row.granted_by,
      row.reason,
    ]),
  )
}

function stateOf({ holds, revoked_at: revokedAt }: GrantRow): string {
  return holds ? 'holds' : revokedAt === null ? 'over' : 'revoked'
}

function describe(row: GrantRow): Readonly<Record<string, unknown>> {
  const { id, login, role, reason, granted_by: by, revoked_by: revokedBy } = row
  const times = { created_at: row.created_at.toISOString(), until: row.ends_at.toISOString() }
  const end = { revoked_at: row.revoked_at?.toISOString() ?? null, revoked_by: revokedBy }
  return { id, login, role, reason, granted_by: by, ...times, state: stateOf(row), ...end }
}
