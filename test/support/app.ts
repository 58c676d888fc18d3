import type { AddressInfo } from 'node:net'
import { after } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { loadConfig } from '../../src/config/load.ts'
import type { LoadedConfig } from '../../src/config/settings.ts'
import type { StoredPassword } from '../../src/credentials/password.ts'
import { createLog } from '../../src/observe/log.ts'
import { createContext } from '../../src/parts/context.ts'
import type { Context } from '../../src/parts/context.ts'
import { applyPolicy } from '../../src/policies/apply.ts'
import { describeMistakes } from '../../src/policies/policy-file.ts'
import { createPortalApp, createVerifyApp } from '../../src/portal/app.ts'
import type { Database } from '../../src/store/database.ts'
import { createUser, disableUser, findCredentials } from '../../src/users/users.ts'
import type { Proxy } from '../../src/verify/proxy.ts'
import { openTestDatabase } from './database.ts'
import type { Cleanup } from './directories.ts'

/** The portal's host in every test that doesn't say otherwise, which is the protected app's own host. */
export const HOST = 'app.example.com'
export const ORIGIN = `https://${HOST}`
/** As `POSTERN_SECRET_KEY` of a process on the same database. */
export const SECRET_KEY = 'a secret of thirty-two bytes or more'
export const PASSWORD = 'correct horse battery'

/** Every kind of rule that tests of the flows need; `app` also has a host below a wildcard neighbour. */
export const POLICY = `
version: 1
roles:
  user: ['api:read']
  admin: ['api:read', 'api:write']
  team: []
apps:
  - name: app
    hosts: [app.example.com]
    rules:
      - { path: /public/**, allow: anyone }
      - { path: /healthz, methods: [GET], allow: anyone }
      - { path: /admin/**, require: { role: admin } }
      - { path: /api/**, methods: [GET, HEAD], require: { permission: 'api:read' } }
      - { path: /api/**, methods: [POST, PUT, PATCH, DELETE], require: { permission: 'api:write' } }
      - { path: /old/**, deny: true }
      - require: {}
  - name: team
    hosts: ['*.team.example.com']
    rules:
      - require: { role: team }
  - name: wide
    hosts: [wide.example.com]
    port: 8443
    rules:
      - require: {}
`

export interface TestAppOptions {
  /** Text of a policy file, or null for none; `POLICY` unless given. */
  readonly policy?: string | null
  /** Settings by their whole names. */
  readonly env?: Readonly<Record<string, string>>
  /** Puts other parts in the place of some. */
  readonly overrides?: (context: Context) => Partial<Context>
  /** Puts the portal in front of an app. */
  readonly proxy?: (context: Context) => Proxy
  readonly onFirstRunDone?: () => Promise<void>
}

/** The program's own parts over a database of their own, without a process. */
export interface TestApp {
  readonly context: Context
  readonly database: Database
  /** Connection URL of it. */
  readonly url: string
  readonly portal: FastifyInstance
  readonly verify: FastifyInstance
  /** What was logged, oldest first. */
  readonly logs: () => readonly Readonly<Record<string, unknown>>[]
  readonly addUser: (login: string, user?: NewTestUser) => Promise<void>
  /** Starts a sign-in without checking a password. */
  readonly token: (login: string) => Promise<string>
}

export interface NewTestUser {
  readonly roles?: readonly string[]
  readonly name?: string
  readonly email?: string
  readonly password?: StoredPassword | null
  readonly disabled?: boolean
}

/** Builds the apps over a database of their own; all is closed after the test. */
export async function openTestApp(t: Cleanup, options: TestAppOptions = {}): Promise<TestApp> {
  const { database, url } = await openTestDatabase(t)
  const lines: string[] = []
  const context = await testContext(database, options, (line) => lines.push(line))
  if (options.policy !== null) await usePolicy(context, options.policy ?? POLICY)
  const portal = createPortalApp(context, options.proxy?.(context) ?? null)
  const verify = createVerifyApp(context)
  t.after(async () => {
    portal.server.closeAllConnections()
    verify.server.closeAllConnections()
    await Promise.all([portal.close(), verify.close()])
  })
  return {
    context,
    database,
    url,
    portal,
    verify,
    logs: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    addUser: (login, user = {}) => addUser(context, login, user),
    token: (login) => startSignIn(context, login),
  }
}

/** Closes after a whole suite what its `before` hook opens; to be called in the suite itself. */
export function suiteCleanup(): Cleanup {
  const closes: (() => Promise<void>)[] = []
  after(async () => {
    for (const close of closes.toReversed()) await close()
  })
  return { after: (close) => void closes.push(close) }
}

/** Applies a policy and takes it over. */
export async function usePolicy({ database, policies }: Context, source: string): Promise<void> {
  const applied = await applyPolicy(database, { source, by: 'test', reason: 'test', onlyForward: false })
  if (applied.kind === 'invalid') throw new Error(describeMistakes('policy', applied.mistakes))
  await policies.refresh()
}

/** Listens on a free port of 127.0.0.1. */
export async function listenOnFreePort(app: FastifyInstance): Promise<number> {
  await app.listen({ host: '127.0.0.1', port: 0 })
  return (app.server.address() as AddressInfo).port
}

/** The settings as the program reads them; fails on any mistake in them. */
export function testConfig(env: Readonly<Record<string, string>>): LoadedConfig {
  const loaded = loadConfig(env, () => '')
  if ('config' in loaded) return loaded
  throw new Error(loaded.map(({ sentence }) => sentence).join('\n'))
}

async function testContext(
  database: Database,
  options: TestAppOptions,
  write: (line: string) => void,
): Promise<Context> {
  const context = await createContext({
    loaded: testConfig({ POSTERN_PUBLIC_URL: `${ORIGIN}/.postern`, ...options.env }),
    store: { database, secretKeys: [SECRET_KEY] },
    log: createLog('debug', { write }),
    onFirstRunDone: options.onFirstRunDone ?? (async () => {}),
  })
  return { ...context, ...options.overrides?.(context) }
}

async function addUser({ database, passwords }: Context, login: string, user: NewTestUser): Promise<void> {
  const password = user.password === undefined ? await passwords.hash(PASSWORD) : user.password
  const { email = `${login}@example.com`, name = login, roles = [] } = user
  await database.transaction((tx) => createUser(tx, { login, email, name, roles, password }))
  if (user.disabled === true) await disableUser(database, login)
}

async function startSignIn({ database, sessions }: Context, login: string): Promise<string> {
  const person = await findCredentials(database, login)
  if (person === null) throw new Error(`there is no ${login}`)
  const { id: userId, session_epoch: sessionEpoch } = person
  const about = { userId, sessionEpoch, factors: { password: 0 }, address: null, userAgent: '' }
  const session = await database.transaction((tx) => sessions.start(tx, about))
  if (session === null) throw new Error(`${login} may not sign in`)
  return session.token
}
