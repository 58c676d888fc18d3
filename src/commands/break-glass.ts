import { randomBytes } from 'node:crypto'
import { recordEvent } from '../audit/events.ts'
import { ADMIN_ROLE } from '../policies/policy.ts'
import { sealBreakGlass } from '../users/demands.ts'
import { createUser, getUser } from '../users/users.ts'
import { done, listOf, optionalText, textOf } from './command.ts'
import type { Command } from './command.ts'

/** 192 bits: nobody guesses it, so nothing but its paper has to be kept. */
const PASSWORD_BYTES = 24

/**
 * Makes an administrator for the day when nobody else can get in: by a password that is told this once, without a second
 * factor. Each use alarms.
 */
export const createBreakGlass: Command = async ({ database, passwords }, given) => {
  const login = textOf(given, 'login')
  const profile = { login, email: textOf(given, 'email'), name: optionalText(given, 'name') ?? login }
  const roles = [...new Set([ADMIN_ROLE, ...listOf(given, 'role')])]
  const password = randomBytes(PASSWORD_BYTES).toString('base64url')
  const stored = await passwords.hash(password)
  await database.transaction(async (tx) => {
    const userId = await createUser(tx, { ...profile, roles, password: stored })
    await sealBreakGlass(tx, userId)
    const about = { actor: null, resource: `user:${login}`, details: { break_glass: true, roles } }
    await recordEvent(tx, { type: 'user_created', result: 'success', ...about })
  })
  const { id } = await getUser(database, login)
  return done(textFor(login, password), { login, roles, break_glass: true, password, id })
}

function textFor(login: string, password: string): string {
  return [
    `Created the break-glass account ${login}. Its password, told this once:`,
    '',
    `    ${password}`,
    '',
    'Print it, seal it, and keep it where two people have to agree to open it. It signs in without a second factor; each use is logged as an error, written to the audit log and mailed to all administrators.',
  ].join('\n')
}
