import { recordEvent } from '../audit/events.ts'
import type { AuditEvent, EventType } from '../audit/events.ts'
import type { PasswordOwner } from '../credentials/password-rules.ts'
import type { StoredPassword } from '../credentials/password.ts'
import { OperatorError } from '../errors.ts'
import { notify, queueForAddress } from '../mail/outbox.ts'
import { ADMIN_ROLE } from '../policies/policy.ts'
import type { Queryable } from '../store/database.ts'
import { canonical } from '../users/profile.ts'
import * as users from '../users/users.ts'
import type { UserRow } from '../users/users-table.ts'
import { counted, done, listOf, optionalText, table, textOf } from './command.ts'
import type { Arguments, Command, CommandContext, CommandResult } from './command.ts'

export const createUser: Command = async (context, given) => {
  const login = textOf(given, 'login')
  const profile = { login, email: textOf(given, 'email'), name: optionalText(given, 'name') ?? login }
  const password = await newPassword(context, optionalText(given, 'password'), profile, [])
  const roles = listOf(given, 'role')
  await context.database.transaction(async (tx) => {
    await users.createUser(tx, { ...profile, roles, password })
    await record(tx, 'user_created', login, { roles })
  })
  const next = password === null ? ` Set a password: postern user password ${login}` : ''
  return done(`Created ${login}.${next}`, describe(await users.getUser(context.database, login)))
}

export const listUsers: Command = async ({ database }) => {
  const rows = await users.listUsers(database)
  const text = table(
    ['LOGIN', 'NAME', 'E-MAIL', 'ROLES', 'STATE'],
    rows.map((row) => [row.login, row.name, row.email, row.roles.join(','), stateOf(row)]),
  )
  return done(
    rows.length === 0 ? 'There are no users yet. Make one: postern user create --help' : text,
    rows.map(describe),
  )
}

export const showUser: Command = async ({ database }, given) => {
  const user = describe(await users.getUser(database, textOf(given, 'login')))
  const lines = Object.entries(user).map(
    ([name, value]) => `${name.padEnd(12)} ${Array.isArray(value) ? value.join(', ') : String(value)}`,
  )
  return done(lines.join('\n'), user)
}

export const editUser: Command = async (context, given) => {
  const login = textOf(given, 'login')
  const email = optionalText(given, 'email')
  const name = optionalText(given, 'name')
  if (email === undefined && name === undefined) throw new OperatorError('Give --email or --name, or both.', 2)
  const change = { ...(email !== undefined && { email }), ...(name !== undefined && { name }) }
  await context.feed.commit(context.database, async (tx) => {
    const before = await users.getUser(tx, login)
    await users.editUser(tx, login, change)
    await record(tx, 'user_changed', login, { fields: Object.keys(change) })
    if (email !== undefined && canonical(email) !== before.email)
      await queueForAddress(tx, { userId: before.id, email: before.email }, 'email_changed', {})
  })
  return done(`Changed ${login}.`, describe(await users.getUser(context.database, login)))
}

export const disableUser: Command = async (context, given) => {
  const login = textOf(given, 'login')
  const ended = await context.feed.commit(context.database, async (tx) => {
    await keepAnAdministrator(tx, given, login)
    await users.disableUser(tx, login)
    const count = await context.sessions.endAllIn(tx, login, 'revoked')
    await record(tx, 'user_disabled', login, { ended: count })
    return count
  })
  return done(`Disabled ${login}; ended ${counted(ended, 'session')}.`, { login, disabled: true, ended })
}

export const enableUser: Command = async ({ database, feed }, given) => {
  const login = textOf(given, 'login')
  await feed.commit(database, async (tx) => {
    await users.enableUser(tx, login)
    await record(tx, 'user_enabled', login)
  })
  return done(`Enabled ${login}.`, { login, disabled: false })
}

export const deleteUser: Command = async (context, given) => {
  const login = textOf(given, 'login')
  await context.feed.commit(context.database, async (tx) => {
    await keepAnAdministrator(tx, given, login)
    await users.deleteUser(tx, login)
    await record(tx, 'user_deleted', login)
  })
  return done(`Deleted ${login}.`, { login, deleted: true })
}

export const setPassword: Command = async (context, given) => {
  const login = textOf(given, 'login')
  const mustChange = given['mustChange'] === true
  const { database, newPasswords } = context
  const user = await users.getUser(database, login)
  const before = await users.listPasswords(database, user.id, newPasswords.rules.history)
  const password = await newPassword(context, optionalText(given, 'password'), user, before)
  if (password === null && mustChange) return demandChange(context, login)
  if (password === null) throw new OperatorError('Give the password on standard input with --password-stdin.', 2)
  const ended = await context.feed.commit(database, async (tx) => {
    await users.setPassword(tx, login, password, mustChange)
    const count = await context.sessions.endAllIn(tx, login, 'revoked')
    await record(tx, 'password_changed', login, { ended: count, must_change: mustChange })
    await notify(tx, user.id, 'password_changed')
    return count
  })
  return done(`Set the password of ${login}; ended ${counted(ended, 'session')}.`, { login, ended, mustChange })
}

export const changeRoles: Command = async (context, given) => {
  const login = textOf(given, 'login')
  const change = { add: listOf(given, 'add'), remove: listOf(given, 'remove') }
  if (change.add.length + change.remove.length > 0) {
    await context.feed.commit(context.database, async (tx) => {
      if (change.remove.includes(ADMIN_ROLE)) await keepAnAdministrator(tx, given, login)
      await users.changeRoles(tx, login, change)
      await record(tx, 'roles_changed', login, { added: change.add, removed: change.remove })
    })
  }
  const { roles } = await users.getUser(context.database, login)
  return done(`${login} has ${roles.length === 0 ? 'no roles' : `the roles ${roles.join(', ')}`}.`, { login, roles })
}

/** Asks for `--yes` before the last person goes who may administer. */
async function keepAnAdministrator(tx: Queryable, { yes }: Arguments, login: string): Promise<void> {
  if (yes !== true) await users.refuseLastHolder(tx, ADMIN_ROLE, login)
}

/** Sign-ins that are open go on: the next one asks. */
async function demandChange({ database, feed }: CommandContext, login: string): Promise<CommandResult> {
  await feed.commit(database, async (tx) => {
    await users.setMustChangePassword(tx, login, true)
    await record(tx, 'password_change_demanded', login)
  })
  return done(`${login} has to choose another password at the next sign-in.`, { login, mustChange: true })
}

/** Of an operator, who has no account. */
function record(tx: Queryable, type: EventType, login: string, details: AuditEvent['details'] = {}): Promise<void> {
  return recordEvent(tx, { type, result: 'success', actor: null, resource: `user:${canonical(login)}`, details })
}

async function newPassword(
  context: CommandContext,
  password: string | undefined,
  owner: PasswordOwner,
  before: readonly StoredPassword[],
): Promise<StoredPassword | null> {
  if (password === undefined) return null
  await context.policies.refresh()
  const fault = await context.newPasswords.fault(password, owner, before)
  if (fault !== null) throw new OperatorError(`This password is refused. ${fault}`)
  return context.passwords.hash(password)
}

function describe(user: UserRow): Readonly<Record<string, unknown>> {
  const { login, name, email, roles, id } = user
  return { login, name, email, roles, state: stateOf(user), created_at: user.created_at.toISOString(), id }
}

function stateOf({ disabled_at: disabledAt, has_password: hasPassword }: UserRow): string {
  if (disabledAt !== null) return 'disabled'
  return hasPassword ? 'active' : 'no password'
}
