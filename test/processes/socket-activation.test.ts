import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { openTestDatabase } from '../support/database.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { IS_LONG } from '../support/long.ts'
import { freePort } from '../support/ports.ts'
import type { PosternEnv } from '../support/postern-process.ts'
import { until } from '../support/until.ts'

const START_MS = 20_000
const CLIENTS = 4
/** Of each between two requests, so that a program can start beside them. */
const PAUSE_MS = 5
const LAUNCHER = join(import.meta.dirname, '../../bin/postern')
const HOLDER = join(import.meta.dirname, '../support/socket-holder.ts')

suite('listeners whose sockets somebody else holds', () => {
  test('no request is lost while the program ends and another one starts', { timeout: 90_000 }, async (t) => {
    const site = await open(t, { POSTERN_WORKERS: '1' })
    const [before] = site.pids()
    const load = startLoad(t, site)
    await until('there is load', START_MS, () => load.count() > 100)
    process.kill(before ?? 0, 'SIGTERM')
    await until('another one serves', START_MS, () => site.readyCount() === 2)
    const answered = load.count()
    await until('load goes on', START_MS, () => load.count() > answered + 100)
    assert.deepEqual((await load.stop()).slice(0, 5), [])
    assert.notEqual(site.pids()[0], before)
    t.diagnostic(`${load.count()} requests, none failed, the longest took ${Math.round(load.slowestMs())} ms`)
    // Mode and group are those that whoever opened the socket gave it, and the file is his to remove.
    assert.equal(statSync(site.verifyPath).mode & 0o777, 0o666)
  })

  const long = { skip: !IS_LONG && 'only with POSTERN_TEST_LONG' }
  test('workers share them, and a program without workers is started on them again', long, async (t) => {
    const site = await open(t, { POSTERN_WORKERS: '2' })
    await until('both serve', START_MS, () => site.readyCount() === 2)
    const load = startLoad(t, site)
    await until('there is load', START_MS, () => load.count() > 100)
    const [primary = 0] = site.pids()
    process.kill(primary, 'SIGHUP')
    await until('all are new', START_MS, () => site.logs().includes('all workers are new'))
    assert.deepEqual((await load.stop()).slice(0, 5), [])
    // Nobody is left who holds the sockets: the program ends, and whoever passed them starts it anew.
    for (const worker of childrenOf(primary)) process.kill(worker, 'SIGKILL')
    await until('another program serves', START_MS, () => site.readyCount() === 6 && site.pids()[0] !== primary)
    await ask(site.agent, site.portal, '/.postern/login')
  })
})

test('a passed socket at another address than the setting ends the start', async (t) => {
  const folder = await temporaryDirectory(t)
  const path = join(folder, 'verify.sock')
  const { logs } = await hold(t, { verify: { path } }, await settings(t, { POSTERN_VERIFY_LISTEN: `unix:${path}2` }))
  await until('it says so', START_MS, () =>
    logs().includes(`Set POSTERN_VERIFY_LISTEN=unix:${path}, or change ListenStream=`),
  )
})

interface Held {
  readonly agent: Agent
  readonly portal: string
  readonly verifyPath: string
  readonly logs: () => string
  readonly pids: () => number[]
  readonly readyCount: () => number
}

/** The program over sockets for portal and verify that are held outside of it. */
async function open(t: TestContext, env: PosternEnv): Promise<Held> {
  const verifyPath = join(await temporaryDirectory(t), 'verify.sock')
  const port = await freePort()
  const addresses = { POSTERN_LISTEN: `127.0.0.1:${port}`, POSTERN_VERIFY_LISTEN: `unix:${verifyPath}` }
  const sockets = { verify: { path: verifyPath }, portal: { host: '127.0.0.1', port } }
  const held = await hold(t, sockets, await settings(t, { ...addresses, ...env }))
  const readyCount = (): number => held.logs().split('"msg":"ready"').length - 1
  await until('it is ready', START_MS, () => readyCount() > 0).catch((error: unknown) => {
    throw new Error(held.logs(), { cause: error })
  })
  chmodSync(verifyPath, 0o666)
  const agent = new Agent({ pipelining: 0, headersTimeout: START_MS })
  t.after(() => agent.destroy())
  return { ...held, agent, portal: `http://127.0.0.1:${port}`, verifyPath, readyCount }
}

async function settings(t: TestContext, env: PosternEnv): Promise<PosternEnv> {
  const { url } = await openTestDatabase(t)
  return {
    POSTERN_DATABASE_URL: url,
    POSTERN_RATE_LIMITS: 'off',
    POSTERN_SECRET_KEY: 'a key that wraps the keys in the database',
    POSTERN_PUBLIC_URL: 'https://app.example.com/.postern',
    POSTERN_LISTEN: `127.0.0.1:${await freePort()}`,
    POSTERN_OPS_LISTEN: `127.0.0.1:${await freePort()}`,
    ...env,
  }
}

async function hold(t: TestContext, sockets: object, env: PosternEnv): Promise<Pick<Held, 'logs' | 'pids'>> {
  const holder = spawn(process.execPath, [HOLDER, JSON.stringify(sockets), LAUNCHER, 'serve'], {
    env: { PATH: process.env['PATH'] ?? '', HOME: '/', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const pids = (): number[] => childrenOf(holder.pid ?? 0)
  t.after(async () => {
    const ended = once(holder, 'exit')
    const left = pids()
    holder.kill('SIGKILL')
    await ended
    for (const pid of left.flatMap((pid) => [...childrenOf(pid), pid])) process.kill(pid, 'SIGKILL')
  })
  let logs = ''
  for (const stream of [holder.stdout, holder.stderr]) stream.on('data', (chunk: Buffer) => (logs += chunk.toString()))
  return { logs: () => logs, pids }
}

interface Load {
  readonly count: () => number
  readonly slowestMs: () => number
  readonly stop: () => Promise<string[]>
}

/** Asks portal and verify without end, each time over a new connection and only once. */
function startLoad(t: TestContext, { agent, portal, verifyPath }: Held): Load {
  const verify = new Agent({ pipelining: 0, headersTimeout: START_MS, connect: { socketPath: verifyPath } })
  t.after(() => verify.destroy())
  const failures: string[] = []
  const ended = new AbortController()
  let answered = 0
  let slowestMs = 0
  const client = async (askOnce: () => Promise<void>): Promise<void> => {
    while (!ended.signal.aborted) {
      const sentAt = performance.now()
      await askOnce().catch((error: unknown) => failures.push(String(error)))
      slowestMs = Math.max(slowestMs, performance.now() - sentAt)
      answered++
      await delay(PAUSE_MS)
    }
  }
  const clients = Array.from({ length: CLIENTS }, (_, index) =>
    client(
      index % 2 === 0
        ? () => ask(agent, portal, '/.postern/login')
        : () => ask(verify, 'http://verify', '/verify/nginx', 403),
    ),
  )
  const stop = async (): Promise<string[]> => {
    ended.abort()
    await Promise.all(clients)
    return failures
  }
  t.after(stop)
  return { count: () => answered, slowestMs: () => slowestMs, stop }
}

async function ask(dispatcher: Agent, origin: string, path: string, expected = 200): Promise<void> {
  const { statusCode, body } = await request(`${origin}${path}`, { dispatcher, headers: { host: 'app.example.com' } })
  await body.dump()
  assert.equal(statusCode, expected)
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}
