import { recordEvent } from '../audit/events.ts'
import type { AuditEvent, EventType } from '../audit/events.ts'
import type { PasswordOwner } from '../credentials/password-rules.ts'
import type { StoredPassword } from '../credentials/password.ts'
import { PosternError } from '../errors.ts'
import { notify, queueForAddress } from '../mail/outbox.ts'
import { ADMIN_ROLE } from '../policies/policy.ts'
import type { Queryable } from '../store/database.ts'
import { searchUsers } from '../users/search.ts'
import type { UserQuestion } from '../users/search.ts'
import { canonical } from '../users/profile.ts'
import * as users from '../users/users.ts'
import { LOCK_LOGIN } from '../users/users-table.ts'
import type { UserRow } from '../users/users-table.ts'
import { actorOf, reaches, refuseGiving, refuseHigher, refuseTaking, voidLinksOnRise } from './authority.ts'
import { asPosternError } from './faults.ts'
import { pageOf } from './parts.ts'
import type { AdministrationParts, Doer, Expect, Page } from './parts.ts'

/** Whom something is done to, and as what he was read. */
export interface OfUser {
  readonly login: string
  readonly expect?: Expect
}

/** The same where it may be the last administrator. */
export interface OfHolder extends OfUser {
  /** True where an operator at a shell wants it all the same; nobody else can. */
  readonly evenLast?: boolean
}

export interface NewAccount {
  readonly login: string
  readonly email: string
  /** The login unless given. */
  readonly name?: string
  readonly roles?: readonly string[]
  /** Without one its owner needs a reset link to sign in. */
  readonly password?: string
  readonly mustChange?: boolean
}

/** People by login, found by how login, address or name begin. */
export async function listUsers(
  { database }: Pick<AdministrationParts, 'database'>,
  question: UserQuestion,
): Promise<Page<UserRow> & { readonly total: number }> {
  const { rows, total } = await searchUsers(database, { ...question, limit: question.limit + 1 })
  return { ...pageOf(rows, question.limit, ({ login }) => login), total }
}

/** @throws PosternError `unknown_user` */
export function getUser({ database }: Pick<AdministrationParts, 'database'>, login: string): Promise<UserRow> {
  return asPosternError(() => users.getUser(database, login))
}

/** Whether somebody may change this person, for what isn't offered otherwise; `refuseHigher` is what holds it. */
export function mayChange({ policies }: Pick<AdministrationParts, 'policies'>, doer: Doer, user: UserRow): boolean {
  return reaches(policies.current(), doer, user.held_roles)
}

/** @throws UserFieldsError for each field at fault; PosternError `not_yours_to_give` */
export async function createUser(parts: AdministrationParts, by: Doer, account: NewAccount): Promise<UserRow> {
  const { login, email, name = login, roles = [], password, mustChange = false } = account
  const profile = { login, email, name }
  const stored = password === undefined ? null : await newPassword(parts, password, profile, [])
  return parts.database.transaction(async (tx) => {
    await refuseGiving(parts, tx, by, roles)
    await users.createUser(tx, { ...profile, roles, password: stored })
    if (mustChange) await users.setMustChangePassword(tx, login, true)
    await record(tx, by, 'user_created', login, { roles })
    return users.getUser(tx, login)
  })
}

/** Changes name or address; whoever had the address before is told. */
export function editUser(
  parts: AdministrationParts,
  by: Doer,
  { email, name, ...who }: OfUser & { readonly email?: string; readonly name?: string },
): Promise<UserRow> {
  const change = { ...(email !== undefined && { email }), ...(name !== undefined && { name }) }
  return changeUser(parts, by, who, async (tx, before) => {
    if (email !== undefined) refuseBreakGlass(by, before)
    await users.editUser(tx, before.login, change)
    await record(tx, by, 'user_changed', before.login, { fields: Object.keys(change) })
    if (email !== undefined && canonical(email) !== before.email)
      await queueForAddress(tx, { userId: before.id, email: before.email }, 'email_changed', {})
    return users.getUser(tx, before.login)
  })
}

/** Keeps somebody out. @returns how many sign-ins ended; PosternError `last_administrator` */
export function disableUser(parts: AdministrationParts, by: Doer, who: OfHolder): Promise<{ readonly ended: number }> {
  return changeUser(parts, by, who, async (tx, { login }) => {
    await keepAnAdministrator(tx, by, who, login)
    await users.disableUser(tx, login)
    const ended = await parts.sessions.endAllIn(tx, login, 'revoked')
    await record(tx, by, 'user_disabled', login, { ended })
    return { ended }
  })
}

export function enableUser(parts: AdministrationParts, by: Doer, who: OfUser): Promise<UserRow> {
  return changeUser(parts, by, who, async (tx, { login }) => {
    await users.enableUser(tx, login)
    await record(tx, by, 'user_enabled', login)
    return users.getUser(tx, login)
  })
}

/** Removes somebody for good. @throws PosternError `last_administrator` */
export function deleteUser(parts: AdministrationParts, by: Doer, who: OfHolder): Promise<void> {
  return changeUser(parts, by, who, async (tx, { login }) => {
    await keepAnAdministrator(tx, by, who, login)
    await users.deleteUser(tx, login)
    await record(tx, by, 'user_deleted', login)
  })
}

/** Sets a password and ends every sign-in; its owner is told. @throws UserFieldsError for one that is refused */
export async function setPassword(
  parts: AdministrationParts,
  by: Doer,
  { password, mustChange = false, ...who }: OfUser & { readonly password: string; readonly mustChange?: boolean },
): Promise<{ readonly ended: number }> {
  const { database, newPasswords, sessions } = parts
  const user = await getUser(parts, who.login)
  const before = await users.listPasswords(database, user.id, newPasswords.rules.history)
  const stored = await newPassword(parts, password, user, before)
  return changeUser(parts, by, who, async (tx, { id, login, ...standing }) => {
    refuseBreakGlass(by, standing)
    await users.setPassword(tx, login, stored, mustChange)
    const ended = await sessions.endAllIn(tx, login, 'revoked')
    await record(tx, by, 'password_changed', login, { ended, must_change: mustChange })
    await notify(tx, id, 'password_changed')
    return { ended }
  })
}

/** Has somebody choose another password at the next sign-in; sign-ins that are open go on. */
export function demandPasswordChange(parts: AdministrationParts, by: Doer, who: OfUser): Promise<void> {
  return changeUser(parts, by, who, async (tx, { login }) => {
    await users.setMustChangePassword(tx, login, true)
    await record(tx, by, 'password_change_demanded', login)
  })
}

/**
 * Gives and takes roles that are to stay.
 * @throws PosternError `not_yours_to_give` for what is given or taken, `last_administrator`; UserFieldsError
 */
export function setRoles(
  parts: AdministrationParts,
  by: Doer,
  {
    add = [],
    remove = [],
    ...who
  }: OfHolder & { readonly add?: readonly string[]; readonly remove?: readonly string[] },
): Promise<UserRow> {
  return changeUser(parts, by, who, async (tx, { id, login }) => {
    await refuseGiving(parts, tx, by, add)
    await refuseTaking(parts, tx, by, remove)
    await voidLinksOnRise(parts, tx, id, add)
    if (remove.includes(ADMIN_ROLE)) await keepAnAdministrator(tx, by, who, login)
    await users.changeRoles(tx, login, { add, remove })
    await record(tx, by, 'roles_changed', login, { added: add, removed: remove })
    return users.getUser(tx, login)
  })
}

/** What every change of a person has in common: who may, as what it was read, in one transaction that all hear of. */
export function changeUser<T>(
  parts: AdministrationParts,
  by: Doer,
  { login, expect }: OfUser,
  change: (tx: Queryable, before: UserRow) => Promise<T>,
): Promise<T> {
  return asPosternError(() =>
    parts.feed.commit(parts.database, async (tx) => {
      await tx.query(LOCK_LOGIN, canonical(login))
      const before = await users.getUser(tx, login)
      await refuseHigher(parts, tx, by, before.id)
      expect?.(before.version)
      return change(tx, before)
    }),
  )
}

/** An account for emergencies is changed where nobody needs to be signed in. @throws PosternError `forbidden` */
function refuseBreakGlass(by: Doer, { break_glass: isBreakGlass }: Pick<UserRow, 'break_glass'>): void {
  if (by !== null && isBreakGlass) throw new PosternError('forbidden', 'a break-glass account is changed at a shell')
}

async function keepAnAdministrator(tx: Queryable, by: Doer, { evenLast }: OfHolder, login: string): Promise<void> {
  if (by !== null || evenLast !== true) await users.refuseLastHolder(tx, ADMIN_ROLE, login)
}

function record(
  tx: Queryable,
  by: Doer,
  type: EventType,
  login: string,
  details: AuditEvent['details'] = {},
): Promise<void> {
  return recordEvent(tx, { type, result: 'success', actor: actorOf(by), resource: `user:${canonical(login)}`, details })
}

async function newPassword(
  { policies, newPasswords, passwords }: AdministrationParts,
  password: string,
  owner: PasswordOwner,
  before: readonly StoredPassword[],
): Promise<StoredPassword> {
  await policies.refresh()
  const fault = await newPasswords.fault(password, owner, before)
  if (fault !== null) throw new users.UserFieldsError({ password: fault })
  return passwords.hash(password)
}
