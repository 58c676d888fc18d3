import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { createChainSigner } from '../../src/audit/chain-keys.ts'
import { sealBatch } from '../../src/audit/seal.ts'
import { statement } from '../../src/store/statement.ts'
import { addAuthenticator } from '../login/own-factors.ts'
import type { Authenticator } from '../login/own-factors.ts'
import { openTestApp, ORIGIN, PASSWORD, SECRET_KEY } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { openEmptyDatabase } from '../support/database.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { startPostern } from '../support/postern-process.ts'
import type { PosternEnv } from '../support/postern-process.ts'
import { runMeasured } from './measured.ts'
import type { Measured } from './measured.ts'

export interface DrillOptions {
  /** Besides those who sign in. */
  readonly users: number
  /** Into what it is restored. */
  readonly into: 'embedded' | 'PostgreSQL'
}

export interface DrillResult {
  readonly users: number
  readonly rows: number
  readonly bytes: number
  readonly backup: Measured
  readonly check: Measured
  readonly restore: Measured
  readonly startSeconds: number
  /** Who signed in with password and code after the restore, of so many who have both. */
  readonly signedIn: number
  readonly people: number
  /** Cookies from before that are refused, of as many. */
  readonly refused: number
  readonly chain: { readonly ok: boolean; readonly rows: number; readonly batches: number }
}

const PEOPLE = 5
const SEAL_ROWS = 10_000
const NEW_SECRET = 'the secret of the machine that replaces the lost one'
const PASSPHRASE = 'what only the operators know'

/** A hash that nobody's password has, as long as a real one; roles, sign-ins and some record for everybody. */
const FILL = statement<[after: number, count: number]>(
  'fill',
  `with made as (
     insert into auth.users (login, email, name, password_hash, pepper_key_id)
     select 'person' || n, 'person' || n || '@example.com', 'Person ' || n,
       '$argon2id$v=19$m=19456,t=2,p=1$' || left(encode(sha256(n::text::bytea), 'base64'), 22) || '$' ||
       left(encode(sha256(('x' || n)::bytea), 'base64'), 43), (select min(id) from auth.keys where purpose = 'pepper')
     from generate_series($1::int + 1, $1::int + $2::int) n returning id, login
   ), roles as (
     insert into auth.user_roles (user_id, role_name) select id, 'user' from made
   )
   insert into auth.auth_audit_log (event_type, action, resource, result, actor_id, actor_login, ip_address, user_agent, details)
   select 'sign_in', 'access', 'user:' || login, 'success', id, login, '192.0.2.1', 'Mozilla/5.0 (X11; Linux x86_64)',
     '{"factor": "password"}' from made`,
)

/** Loses a database and gets it back from a backup, with the program as operators run it. */
export async function runDrill(t: TestContext, { users, into }: DrillOptions): Promise<DrillResult> {
  const folder = await temporaryDirectory(t)
  const app = await openTestApp(t)
  const people = await addPeople(app)
  await fill(app, users)
  const old = {
    POSTERN_DATABASE_URL: app.url,
    POSTERN_SECRET_KEY: SECRET_KEY,
    POSTERN_PUBLIC_URL: `${ORIGIN}/.postern`,
  }
  const file = join(folder, 'postern.backup')
  const backup = await succeed(old, ['backup', file])
  const place = await newPlace(t, into, folder)
  const check = await succeed(place, ['restore', '--check', '--json', file])
  const restore = await succeed(place, ['restore', '--json', file])
  const startedAt = performance.now()
  const server = await startPostern(t, place)
  const startSeconds = Math.round((performance.now() - startedAt) / 10) / 100
  const portal = `http://${server.env['POSTERN_LISTEN']?.replace('127.0.0.1', 'localhost')}/.postern`
  const outcomes = await Promise.all(people.map((person) => signIn(portal, person)))
  const cookies = await Promise.all(people.map(({ token }) => isRefused(portal, token)))
  const chain = JSON.parse((await succeed(place, ['audit', 'verify', '--json'])).stdout) as DrillResult['chain']
  await server.stop()
  const found = JSON.parse(restore.stdout) as { users: number; rows: number }
  return {
    ...found,
    bytes: statSync(file).size,
    backup,
    check,
    restore,
    startSeconds,
    signedIn: outcomes.filter(Boolean).length,
    people: people.length,
    refused: cookies.filter(Boolean).length,
    chain,
  }
}

/** What a drill came to, line by line. */
export function describeDrill({ users, rows, bytes, ...result }: DrillResult): string {
  const { backup, check, restore, startSeconds, signedIn, people, refused, chain } = result
  const took = ({ seconds, peakMib }: Measured): string => `${seconds} s, ${peakMib} MiB at most`
  return [
    `${users} users, ${rows} rows, ${bytes} bytes`,
    `backup ${took(backup)} · check ${took(check)} · restore ${took(restore)} · start ${startSeconds} s`,
    `sign in by password and code under a new secret key: ${signedIn} of ${people}`,
    `cookies from before that are refused: ${refused} of ${people}`,
    `record: ${chain.ok ? 'verified' : 'BROKEN'}, ${chain.rows} rows in ${chain.batches} batches`,
  ].join('\n')
}

interface Person {
  readonly login: string
  readonly token: string
  readonly authenticator: Authenticator
}

async function addPeople(app: TestApp): Promise<Person[]> {
  const people: Person[] = []
  for (let number = 0; number < PEOPLE; number++) {
    const login = `una${number}`
    await app.addUser(login, { roles: ['user'] })
    const authenticator = await addAuthenticator(app, login)
    const token = await app.token(login)
    assert.notEqual(await app.context.sessions.whoHas(token, null), null)
    people.push({ login, token, authenticator })
  }
  return people
}

async function fill({ database, context }: TestApp, users: number): Promise<void> {
  for (let left = users; left > 0; left -= SEAL_ROWS)
    await database.query(FILL, users - left, Math.min(left, SEAL_ROWS))
  const signer = createChainSigner(context.keys.audit)
  for (let more = true; more;) more = (await sealBatch(database, signer))?.more === true
}

async function newPlace(t: TestContext, into: DrillOptions['into'], folder: string): Promise<PosternEnv> {
  const env = { POSTERN_SECRET_KEY: NEW_SECRET, POSTERN_BACKUP_PASSPHRASE: PASSPHRASE, POSTERN_RATE_LIMITS: 'off' }
  if (into === 'embedded') return { ...env, POSTERN_DATA_DIR: join(folder, 'data') }
  return { ...env, POSTERN_DATABASE_URL: (await openEmptyDatabase(t)).url }
}

async function succeed(env: PosternEnv, args: readonly string[]): Promise<Measured> {
  const run = await runMeasured({ POSTERN_BACKUP_PASSPHRASE: PASSPHRASE, ...env }, args)
  assert.equal(run.exitCode, 0, run.stderr + run.stdout)
  return run
}

async function signIn(portal: string, { login, authenticator }: Person): Promise<boolean> {
  const first = await post(`${portal}/api/v2/auth/login`, { username: login, password: PASSWORD }, '')
  const pending = first.headers
    .getSetCookie()
    .map((cookie) => cookie.replace(/;.*/s, ''))
    .join('; ')
  const second = await post(`${portal}/api/v2/auth/second-factor`, { code: authenticator.code() }, pending)
  const { data } = (await second.json()) as { data?: { user: { login: string }; factors: string[] } }
  return second.status === 200 && data?.user.login === login && data.factors.length === 2
}

async function post(url: string, body: object, cookie: string): Promise<Response> {
  const headers = { 'content-type': 'application/json', cookie }
  return fetch(url, { method: 'POST', body: JSON.stringify(body), headers })
}

async function isRefused(portal: string, token: string): Promise<boolean> {
  const answer = await fetch(`${portal}/api/v2/auth/session`, { headers: { cookie: `postern=${token}` } })
  return answer.status === 401
}
