import { randomBytes } from 'node:crypto'
import type { Queryable } from '../../src/store/database.ts'
import { createUser, findCredentials } from '../../src/users/users.ts'
import type { NewUser } from '../../src/users/users.ts'

/** A user that nobody else has: without roles, with a hash that no password fits. */
export function newUser(given: Partial<NewUser> = {}): NewUser {
  const login = given.login ?? `u${randomBytes(6).toString('hex')}`
  const password = { hash: 'no hash', pepperKeyId: 1 }
  return { login, email: `${login.trim()}@example.com`, name: 'Somebody', roles: [], password, ...given }
}

export interface Somebody {
  readonly id: string
  readonly login: string
  readonly sessionEpoch: number
}

/** Adds such a user and tells what a sign-in needs to know. */
export async function addUser(database: Queryable, given: Partial<NewUser> = {}): Promise<Somebody> {
  const user = newUser(given)
  const id = await createUser(database, user)
  const credentials = await findCredentials(database, user.login)
  return { id, login: user.login, sessionEpoch: credentials?.session_epoch ?? -1 }
}
