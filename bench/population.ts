import { createHash } from 'node:crypto'
import type { Database } from '../src/store/database.ts'

export const USERS = 10_000
export const SESSIONS_EACH = 5
export const SESSIONS = USERS * SESSIONS_EACH
/** The role that everybody has; the policy of the bench must define it. */
export const ROLE = 'staff'

// As long as a real one, and fits no password.
const HASH = `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`

const peopleOf = (users: number): string => `
  insert into auth.users (login, email, name, password_hash, pepper_key_id)
  select 'user' || n, 'user' || n || '@example.com', 'User ' || n, '${HASH}', 1 from generate_series(1, ${users}) n;
  insert into auth.user_roles (user_id, role_name) select id, '${ROLE}' from auth.users;
  insert into auth.sessions (user_id, session_epoch, factors, idle_timeout, expires_at, ip_address, user_agent)
  select id, session_epoch, '{"password": 1}', interval '8 hours', now() + interval '24 hours', '192.0.2.1', 'browser'
  from auth.users, generate_series(1, ${SESSIONS_EACH});
  insert into auth.session_tokens (token_hash, session_id, factors)
  select sha256(('token' || row_number() over ())::bytea), id, factors from auth.sessions;`

/** Fills the database as if an organisation of that many people had it in use, each signed in on five browsers. */
export async function populate(database: Database, users: number = USERS): Promise<void> {
  await database.withConnection(async (connection) => {
    await connection.script(peopleOf(users))
    await connection.script('vacuum analyze')
  })
}

/** For a database without policy: what the people in it have. */
export async function addRole(database: Database): Promise<void> {
  await database.withConnection((connection) => connection.script(`insert into auth.roles (name) values ('${ROLE}')`))
}

/** @param n from 1 to 10,000 */
export function loginOf(n: number): string {
  return `user${n}`
}

/** What the database holds of one of the tokens. @param n from 1 to the number of sessions, 50,000 by default */
export function tokenHashOf(n: number): Buffer {
  return createHash('sha256').update(`token${n}`).digest()
}
