import { openKeys } from '../../src/credentials/keys.ts'

import { hashToken, mintToken } from '../../src/lib/tokens.ts'
import type { Database } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'
import { ROLE } from '../population.ts'

/** Adds people to the database, each of them signed in once. @returns their tokens */
export type SignInMany = (count: number) => Promise<string[]>

const BATCH = 10_000

const INSERT_SIGNED_IN = statement<[hashes: readonly Buffer[], role: string]>(
  'insert_signed_in',
  `with given as (
     select gen_random_uuid() as user_id, gen_random_uuid() as session_id, hash, 'guest-' || encode(hash, 'hex') as login
     from unnest($1::bytea[]) as tokens (hash)
   ), people as (
     insert into auth.users (id, login, email, name) select user_id, login, login || '@example.com', login from given
   ), granted as (
     insert into auth.user_roles (user_id, role_name) select user_id, $2 from given
   ), signed_in as (
     insert into auth.sessions (id, user_id, session_epoch, factors, idle_timeout, expires_at, ip_address, user_agent)
     select session_id, user_id, 0, '{"password": 1}', interval '8 hours', now() + interval '24 hours', '192.0.2.1', 'browser'
     from given
   )
   insert into auth.session_tokens (token_hash, session_id, factors)
   select hash, session_id, '{"password": 1}' from given`,
)

/** @param secretKey what the gateways were given as `POSTERN_SECRET_KEY` */
export async function createSignIns(database: Database, secretKey: string): Promise<SignInMany> {
  const { token: keys } = await openKeys(database, [secretKey])
  return async (count) => {
    const tokens = Array.from({ length: count }, () => mintToken(keys, 'portal'))
    for (let done = 0; done < count; done += BATCH) await insert(database, tokens.slice(done, done + BATCH))
    // Now, so that it doesn't happen by itself in the middle of a measurement.
    await database.withConnection((connection) => connection.script('vacuum analyze'))
    return tokens
  }
}

function insert(database: Database, tokens: readonly string[]): Promise<unknown> {
  return database.query(INSERT_SIGNED_IN, tokens.map(hashToken), ROLE)
}
