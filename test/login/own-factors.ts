import { totpCode } from '../../src/credentials/totp-code.ts'
import { findCredentials } from '../../src/users/users.ts'
import type { TestApp } from '../support/app.ts'

const STEP_MS = 30_000

/** An authenticator app as its owner has it. */
export interface Authenticator {
  /** The code of now, or of so many steps later; one step off is still taken. */
  readonly code: (stepsLater?: number) => string
}

export async function userIdOf({ database }: Pick<TestApp, 'database'>, login: string): Promise<string> {
  const person = await findCredentials(database, login)
  if (person === null) throw new Error(`there is no ${login}`)
  return person.id
}

/** Gives somebody an authenticator app, confirmed a while ago so that every code of now is still unused. */
export async function addAuthenticator(app: TestApp, login: string): Promise<Authenticator> {
  const { database, ownFactors } = app.context
  const userId = await userIdOf(app, login)
  const key = await database.transaction((tx) => ownFactors.beginTotp(tx, userId))
  const code = (stepsLater = 0): string => totpCode(key, Math.floor(Date.now() / STEP_MS) + stepsLater)
  const nowMs = Date.now() - 4 * STEP_MS
  const given = { userId, name: 'app', code: code(-4), nowMs }
  const isConfirmed = await database.transaction((tx) => ownFactors.confirmTotp(tx, given))
  if (!isConfirmed) throw new Error('the first code was refused')
  return { code }
}

export async function addRecoveryCodes(app: TestApp, login: string): Promise<readonly string[]> {
  const { database, ownFactors } = app.context
  const userId = await userIdOf(app, login)
  return database.transaction((tx) => ownFactors.renewCodes(tx, userId))
}
