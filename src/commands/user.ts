import { demandPasswordChange } from '../administration/users.ts'
import * as administration from '../administration/users.ts'
import type { OfHolder } from '../administration/users.ts'
import { OperatorError } from '../errors.ts'
import { MAX_PAGE } from '../administration/parts.ts'
import { USER_STATES, userState } from '../users/search.ts'
import type { UserQuestion, UserState } from '../users/search.ts'
import { UserFieldsError } from '../users/users.ts'
import type { UserRow } from '../users/users-table.ts'
import { counted, done, listOf, optionalText, table, textOf } from './command.ts'
import type { Arguments, Command, CommandContext, CommandResult } from './command.ts'

export const createUser: Command = async (context, given) => {
  const login = textOf(given, 'login')
  const [name, password] = [optionalText(given, 'name'), optionalText(given, 'password')]
  const account = { login, email: textOf(given, 'email'), roles: listOf(given, 'role') }
  const user = await withPassword(() =>
    administration.createUser(context, null, {
      ...account,
      ...(name !== undefined && { name }),
      ...(password !== undefined && { password }),
    }),
  )
  const next = password === undefined ? ` Set a password: postern user password ${login}` : ''
  return done(`Created ${login}.${next}`, describe(user))
}

export const listUsers: Command = async (context, given) => {
  const question = questionOf(given)
  const rows: UserRow[] = []
  for (let after: string | null = ''; after !== null;) {
    const page: Awaited<ReturnType<typeof administration.listUsers>> = await administration.listUsers(context, {
      ...question,
      after,
      limit: MAX_PAGE,
    })
    rows.push(...page.items)
    after = page.next
  }
  const text = table(
    ['LOGIN', 'NAME', 'E-MAIL', 'ROLES', 'STATE'],
    rows.map((row) => [row.login, row.name, row.email, row.held_roles.join(','), stateOf(row)]),
  )
  const nobody =
    Object.keys(question).length === 0
      ? 'There are no users yet. Make one: postern user create --help'
      : 'Nobody fits what was asked for.'
  return done(rows.length === 0 ? nobody : text, rows.map(describe))
}

export const showUser: Command = async (context, given) => {
  const user = describe(await administration.getUser(context, textOf(given, 'login')))
  const lines = Object.entries(user).map(
    ([name, value]) => `${name.padEnd(12)} ${Array.isArray(value) ? value.join(', ') : String(value)}`,
  )
  return done(lines.join('\n'), user)
}

export const editUser: Command = async (context, given) => {
  const login = textOf(given, 'login')
  const [email, name] = [optionalText(given, 'email'), optionalText(given, 'name')]
  if (email === undefined && name === undefined) throw new OperatorError('Give --email or --name, or both.', 2)
  const change = { ...(email !== undefined && { email }), ...(name !== undefined && { name }) }
  return done(`Changed ${login}.`, describe(await administration.editUser(context, null, { login, ...change })))
}

export const disableUser: Command = async (context, given) => {
  const { login, ...who } = holderOf(given)
  const { ended } = await administration.disableUser(context, null, { login, ...who })
  return done(`Disabled ${login}; ended ${counted(ended, 'session')}.`, { login, disabled: true, ended })
}

export const enableUser: Command = async (context, given) => {
  const login = textOf(given, 'login')
  await administration.enableUser(context, null, { login })
  return done(`Enabled ${login}.`, { login, disabled: false })
}

export const deleteUser: Command = async (context, given) => {
  const who = holderOf(given)
  await administration.deleteUser(context, null, who)
  return done(`Deleted ${who.login}.`, { login: who.login, deleted: true })
}

export const setPassword: Command = async (context, given) => {
  const login = textOf(given, 'login')
  const mustChange = given['mustChange'] === true
  const password = optionalText(given, 'password')
  if (password === undefined) return demandChange(context, login, mustChange)
  const { ended } = await withPassword(() => administration.setPassword(context, null, { login, password, mustChange }))
  return done(`Set the password of ${login}; ended ${counted(ended, 'session')}.`, { login, ended, mustChange })
}

export const changeRoles: Command = async (context, given) => {
  const who = holderOf(given)
  const [add, remove] = [listOf(given, 'add'), listOf(given, 'remove')]
  const user =
    add.length + remove.length === 0
      ? await administration.getUser(context, who.login)
      : await administration.setRoles(context, null, { ...who, add, remove })
  const { login, roles } = user
  return done(`${login} has ${roles.length === 0 ? 'no roles' : `the roles ${roles.join(', ')}`}.`, { login, roles })
}

/** `--yes` lets the last person go who may administer. */
function holderOf(given: Arguments): OfHolder {
  return { login: textOf(given, 'login'), evenLast: given['yes'] === true }
}

/** Sign-ins that are open go on: the next one asks. */
async function demandChange(context: CommandContext, login: string, mustChange: boolean): Promise<CommandResult> {
  await administration.getUser(context, login)
  if (!mustChange) throw new OperatorError('Give the password on standard input with --password-stdin.', 2)
  await demandPasswordChange(context, null, { login })
  return done(`${login} has to choose another password at the next sign-in.`, { login, mustChange })
}

async function withPassword<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const fault = error instanceof UserFieldsError ? error.fields['password'] : undefined
    throw fault === undefined ? error : new OperatorError(`This password is refused. ${fault}`, 1, { cause: error })
  }
}

function questionOf(given: Arguments): Omit<UserQuestion, 'limit' | 'after'> {
  const [search, role] = [optionalText(given, 'search'), optionalText(given, 'role')]
  const written = optionalText(given, 'state')?.replace(' ', '_')
  const state = USER_STATES.find((each) => each === written)
  if (written !== undefined && state === undefined)
    throw new OperatorError(`--state is one of ${USER_STATES.join(', ')}.`, 2)
  return {
    ...(search !== undefined && { search }),
    ...(role !== undefined && { role }),
    ...(state !== undefined && { state }),
  }
}

function describe(user: UserRow): Readonly<Record<string, unknown>> {
  const { login, name, email, roles, id } = user
  const granted = user.held_roles.filter((role) => !roles.includes(role))
  const forAWhile = granted.length > 0 && { granted_roles: granted }
  return {
    login,
    name,
    email,
    roles,
    ...forAWhile,
    state: stateOf(user),
    created_at: user.created_at.toISOString(),
    id,
  }
}

const STATES: Readonly<Record<UserState, string>> = {
  active: 'active',
  disabled: 'disabled',
  no_password: 'no password',
}

function stateOf(user: UserRow): string {
  return STATES[userState(user)]
}
