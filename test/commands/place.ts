import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { openTestApp, ORIGIN, POLICY, SECRET_KEY } from '../support/app.ts'
import { migratedDirectory, temporaryDirectory } from '../support/directories.ts'
import type { Cleanup } from '../support/directories.ts'
import { startPostern } from '../support/postern-process.ts'
import type { PosternEnv } from '../support/postern-process.ts'

/** Where commands run, with people who can sign in there. */
export interface Place {
  /** Settings that the commands are given. */
  readonly env: PosternEnv
  readonly signIn: (login: string, password: string) => Promise<string>
  /** Whether a session token stands for somebody. */
  readonly counts: (token: string) => Promise<boolean>
}

/** The policy of the flows' tests, with roles that commands give. */
export const STAFF_POLICY = POLICY.replace('roles:', 'roles:\n  staff: []\n  editor: []')

/** A PostgreSQL database on which no server runs. */
export async function openPostgresPlace(t: Cleanup): Promise<Place> {
  const app = await openTestApp(t, { policy: STAFF_POLICY })
  const { feed, sessions } = app.context
  return {
    env: { POSTERN_DATABASE_URL: app.url, POSTERN_SECRET_KEY: SECRET_KEY, POSTERN_PUBLIC_URL: `${ORIGIN}/.postern` },
    signIn: (login) => app.token(login),
    // The process of the command is another one, which can tell this one by a change alone.
    async counts(token) {
      await feed.read()
      return (await sessions.whoHas(token, null)) !== null
    },
  }
}

/**
 * A running server on its embedded database, which commands reach by its control socket.
 * @param dataDir with the tables in it unless given
 */
export async function openEmbeddedPlace(t: Cleanup, dataDir?: string): Promise<Place> {
  const policyFile = join(await temporaryDirectory(t), 'policy.yaml')
  writeFileSync(policyFile, STAFF_POLICY)
  const settings = { POSTERN_DATA_DIR: dataDir ?? (await migratedDirectory(t)), POSTERN_POLICY_FILE: policyFile }
  const { env } = await startPostern(t as TestContext, settings)
  const api = (path: string, init: RequestInit): Promise<Response> =>
    fetch(`http://${env['POSTERN_LISTEN']?.replace('127.0.0.1', 'localhost')}/.postern/api/v2/auth/${path}`, init)
  return {
    env,
    async signIn(username, password) {
      const body = JSON.stringify({ username, password })
      const answer = await api('login', { method: 'POST', body, headers: { 'content-type': 'application/json' } })
      return /postern=([^;]+)/.exec(answer.headers.get('set-cookie') ?? '')?.[1] ?? ''
    },
    counts: async (token) => (await api('session', { headers: { cookie: `postern=${token}` } })).status === 200,
  }
}
