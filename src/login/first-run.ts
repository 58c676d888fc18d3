import { recordEvent } from '../audit/events.ts'
import {
  CONSUME_ONE_TIME_TOKEN,
  DELETE_ONE_TIME_TOKENS,
  FIND_ONE_TIME_TOKEN,
  INSERT_ONE_TIME_TOKEN,
} from '../credentials/one-time-tokens-table.ts'
import type { StoredPassword } from '../credentials/password.ts'
import type { KeyRing } from '../lib/key-ring.ts'
import { hashToken, isOurToken, mintToken } from '../lib/tokens.ts'
import { ADMIN_ROLE } from '../policies/policy.ts'
import type { Database } from '../store/database.ts'
import { createUser, hasUsers } from '../users/users.ts'
import { canonical } from '../users/profile.ts'
import type { Profile } from '../users/profile.ts'

const PURPOSE = 'first_run'
const LIFE_MS = 86_400_000

/**
 * The token of a link by which the first administrator makes an account, or null once there are users. Each call
 * voids the token of the one before.
 */
export async function offerFirstRun(database: Database, keys: KeyRing): Promise<string | null> {
  return database.transaction(async (tx) => {
    if (await hasUsers(tx)) return null
    const token = mintToken(keys, 'invite')
    await tx.query(DELETE_ONE_TIME_TOKENS, PURPOSE)
    await tx.query(INSERT_ONE_TIME_TOKEN, hashToken(token), PURPOSE, '{}', LIFE_MS)
    await recordEvent(tx, { type: 'first_run_offered', result: 'success', actor: null })
    return token
  })
}

/** Whether the link still works; looking doesn't use it up. */
export async function isFirstRunToken(database: Database, keys: KeyRing, token: string): Promise<boolean> {
  if (!isOurToken(keys, 'invite', token)) return false
  const rows = await database.query(FIND_ONE_TIME_TOKEN, hashToken(token), PURPOSE)
  return rows.length > 0 && !(await hasUsers(database))
}

/**
 * Uses the link up and makes the administrator, both or neither.
 * @returns false when the link was used, has expired, or somebody else was made meanwhile
 * @throws UserFieldsError for values that can't be taken; the link then still works
 */
export async function completeFirstRun(
  database: Database,
  token: string,
  person: Profile & { password: StoredPassword },
): Promise<boolean> {
  return database.transaction(async (tx) => {
    const used = await tx.query(CONSUME_ONE_TIME_TOKEN, hashToken(token), PURPOSE)
    if (used.length === 0 || (await hasUsers(tx))) return false
    const roles = [ADMIN_ROLE]
    const actor = { userId: await createUser(tx, { ...person, roles }), login: canonical(person.login) }
    const about = { actor, resource: `user:${actor.login}`, details: { first_run: true, roles } }
    await recordEvent(tx, { type: 'user_created', result: 'success', ...about })
    return true
  })
}
