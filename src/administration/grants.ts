import { recordEvent } from '../audit/events.ts'
import { PosternError } from '../errors.ts'
import { isUuid, writeTimeCursor } from '../lib/time-cursor.ts'
import { currentOrigin } from '../observe/origin.ts'
import { notify } from '../mail/outbox.ts'
import { recordChange } from '../store/changes.ts'
import type { Queryable } from '../store/database.ts'
import * as table from '../users/grants-table.ts'
import type { GrantRow } from '../users/grants-table.ts'
import { canonical } from '../users/profile.ts'
import { UserFieldsError } from '../users/users.ts'
import { LIST_UNKNOWN_ROLES, RAISE_AUTHZ_EPOCH } from '../users/users-table.ts'
import { actorOf, refuseGiving, refuseHigher, voidLinksOnRise } from './authority.ts'
import { cursorOf, pageOf } from './parts.ts'
import type { AdministrationParts, Doer, Expect, Page } from './parts.ts'
import { changeUser } from './users.ts'

/** A role for a while. */
export interface NewGrant {
  readonly login: string
  readonly role: string
  readonly until: Date
  /** Why, for whoever reads it later; 1 to 500 characters. */
  readonly reason: string
}

export interface GrantQuestion {
  readonly login?: string
  readonly role?: string
  /** Only those that give their role now, or only those that are over. */
  readonly holds?: boolean
  readonly after?: string
  readonly limit: number
}

/** A grant lasts no longer: what is needed for good is a role. */
export const MAX_GRANT_DAYS = 30

const DAY_MS = 86_400_000
const MAX_REASON = 500
/** Of one person at once. */
const MAX_OPEN = 50
/** In one transaction, each with its event and mail. */
const CLOSED_AT_ONCE = 100
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u

/** The latest first. @throws PosternError `bad_request` for a cursor of another list */
export async function listGrants(
  { database }: Pick<AdministrationParts, 'database'>,
  { login, role, holds, after, limit }: GrantQuestion,
): Promise<Page<GrantRow>> {
  const { at, id } = cursorOf(after)
  const filter = [login === undefined ? null : canonical(login), role ?? null, holds ?? null] as const
  const rows = await database.query(table.PAGE_GRANTS, ...filter, at, id, limit + 1)
  return pageOf(rows, limit, (last) => writeTimeCursor({ at: last.made_at, id: last.id }))
}

/** @throws PosternError `nothing_there` */
export async function getGrant({ database }: Pick<AdministrationParts, 'database'>, id: string): Promise<GrantRow> {
  return find(database, id)
}

/** Changes once: while it holds, and after. For `Expect`. */
export function grantVersion({ id, holds }: GrantRow): string {
  return `${id}.${holds ? 'holds' : 'over'}`
}

/**
 * Gives somebody a role until a moment; he is told by mail.
 * @throws UserFieldsError; PosternError `unknown_user`, `user_disabled`, `holds_more`, `not_yours_to_give`
 */
export async function grantRole(parts: AdministrationParts, by: Doer, grant: NewGrant): Promise<GrantRow> {
  const { login, role, until } = grant
  const reason = grant.reason.trim()
  const faults = grantFaults({ ...grant, reason }, Date.now())
  if (Object.keys(faults).length > 0) throw new UserFieldsError(faults)
  return changeUser(parts, by, { login }, async (tx, user) => {
    if (user.disabled_at !== null) throw new PosternError('user_disabled', `${user.login} is disabled`)
    await refuseGiving(parts, tx, by, [role], until)
    const unknown = await tx.query(LIST_UNKNOWN_ROLES, [role])
    if (unknown.length > 0) throw new UserFieldsError({ role: `The policy defines no role ${role}.` })
    if (user.roles.includes(role)) throw new UserFieldsError({ role: 'This person has the role for good already.' })
    await voidLinksOnRise(parts, tx, user.id, [role])
    await tx.query(RAISE_AUTHZ_EPOCH, user.id)
    const [made] = await tx.query(table.INSERT_GRANT, user.id, role, reason, authorOf(by), until, MAX_OPEN)
    if (made === undefined) throw new UserFieldsError({ login: `There are ${MAX_OPEN} grants already. Revoke one.` })
    await recordChange(tx, { user: user.id })
    await record(tx, by, 'role_granted', user.login, { id: made.id, role, reason, until: until.toISOString() })
    await notify(tx, user.id, 'role_granted', { role, until: until.toISOString() })
    return find(tx, made.id)
  })
}

/** Ends a grant before its time, at once and everywhere. @throws PosternError `nothing_there`, `holds_more` */
export async function revokeGrant(
  parts: AdministrationParts,
  by: Doer,
  { id, expect }: { readonly id: string; readonly expect?: Expect },
): Promise<GrantRow> {
  return parts.feed.commit(parts.database, async (tx) => {
    const grant = await find(tx, id)
    await refuseHigher(parts, tx, by, grant.user_id)
    expect?.(grantVersion(grant))
    await tx.query(RAISE_AUTHZ_EPOCH, grant.user_id)
    const revoked = await tx.query(table.REVOKE_GRANT, id, authorOf(by))
    if (revoked.length === 0) throw new PosternError('nothing_there', `the grant ${id} is over`)
    await recordChange(tx, { user: grant.user_id })
    await record(tx, by, 'grant_revoked', grant.login, { id, role: grant.role })
    await notify(tx, grant.user_id, 'grant_revoked', { role: grant.role })
    return find(tx, id)
  })
}

/**
 * Writes down which grants ended by themselves. Nobody has the role any more by then: this ends nothing, but tells those
 * who hold a connection open. @returns how many, at most 100
 */
export function closeGrants({ database, feed }: Pick<AdministrationParts, 'database' | 'feed'>): Promise<number> {
  return feed.commit(database, async (tx) => {
    const over = await tx.query(table.CLOSE_GRANTS, CLOSED_AT_ONCE)
    for (const { id, user_id: userId, login, role } of over) {
      await recordChange(tx, { user: userId })
      await record(tx, null, 'grant_expired', login, { id, role })
      await notify(tx, userId, 'grant_expired', { role })
    }
    return over.length
  })
}

/** What is wrong with a grant before anybody is looked up: a sentence for each field at fault. */
function grantFaults(
  { until, reason }: Pick<NewGrant, 'until' | 'reason'>,
  nowMs: number,
): Readonly<Record<string, string>> {
  const lastsMs = until.getTime() - nowMs
  const isTime = lastsMs > 0 && lastsMs <= MAX_GRANT_DAYS * DAY_MS
  const isReason = reason.length > 0 && reason.length <= MAX_REASON && !CONTROLS.test(reason)
  return {
    ...(!isTime && { until: `Choose a time from now on, and at most ${MAX_GRANT_DAYS} days ahead.` }),
    ...(!isReason && { reason: `Say why, in 1 to ${MAX_REASON} characters without line breaks.` }),
  }
}

/** Who stands beside what he made, for people. */
export function authorOf(by: Doer): string {
  return by?.login ?? currentOrigin()?.command?.operator ?? 'an operator'
}

async function find(database: Queryable, id: string): Promise<GrantRow> {
  const [row] = isUuid(id) ? await database.query(table.FIND_GRANT, id) : []
  if (row === undefined) throw new PosternError('nothing_there', `no grant ${id}`)
  return row
}

function record(
  tx: Queryable,
  by: Doer,
  type: 'role_granted' | 'grant_revoked' | 'grant_expired',
  login: string,
  details: Readonly<Record<string, unknown>>,
): Promise<void> {
  return recordEvent(tx, { type, result: 'success', actor: actorOf(by), resource: `user:${login}`, details })
}
