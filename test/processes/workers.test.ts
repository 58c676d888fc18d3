import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { assets } from '../../src/web/assets.ts'
import { createPerson, signedIn } from '../e2e/person.ts'
import type { Person } from '../e2e/person.ts'
import type { Detail } from '../../src/observe/detail.ts'
import { openTestDatabase } from '../support/database.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { ALICE, HOST, policyOf, runPostern, startSite } from '../support/e2e.ts'
import { freePort } from '../support/ports.ts'
import { startPostern } from '../support/postern-process.ts'
import type { PosternProcess } from '../support/postern-process.ts'
import { until } from '../support/until.ts'

const TWO = { POSTERN_WORKERS: '2' }
const START_MS = 20_000
const CLIENTS = 8
/** Of each between two requests, so that programs can start beside them. */
const PAUSE_MS = 10
/** The smallest, whose answer comes in one piece. */
const ASSET = assets().toSorted((one, other) => one.body.length - other.body.length)[0]?.name ?? ''
const KEYS = {
  POSTERN_SECRET_KEY: 'a key that wraps the keys in the database',
  POSTERN_PUBLIC_URL: `https://${HOST}/.postern`,
}
const ANY_PORTS = {
  POSTERN_LISTEN: '127.0.0.1:0',
  POSTERN_VERIFY_LISTEN: '127.0.0.1:0',
  POSTERN_OPS_LISTEN: '127.0.0.1:0',
}

test('workers that serve one site', { timeout: 180_000 }, async (t) => {
  const site = await startSite(t, { verify: 'unix', env: TWO })
  const { postern } = site
  await until('both serve', START_MS, () => readyCount(postern) === 2)

  await t.test('whoever is asked for metrics gives the sum of all', async (t) => {
    const before = await verifiedCount(postern)
    await visitOften(createPerson(t, site), 40)
    for (let ask = 0; ask < 6; ask++) assert.equal(await verifiedCount(postern), before + 40)
    const text = await metricsOf(postern)
    assert.match(text, /^postern_policy_version 1$/m)
    assert.match(text, /^process_cpu_seconds_total /m)
    const detail = await fetch(`http://${postern.env['POSTERN_OPS_LISTEN']}/health/detail`)
    const { processes, statements } = (await detail.json()) as Detail
    assert.equal(processes, 2)
    assert.ok(statements.byTotal.length > 0)
    assert.match(text, /^postern_sessions_active \d+$/m)
  })

  await t.test('SIGHUP replaces all of them, and through nginx not one request fails', async (t) => {
    const old = workersOf(postern)
    const load = startLoad(t, await signedIn(t, site, ALICE.login))
    await until('there is load', START_MS, () => load.count() > 200)
    postern.process.kill('SIGHUP')
    const serving: number[] = []
    await until('all workers are new', START_MS, () => {
      serving.push(workersOf(postern).length)
      return postern.logs().includes('all workers are new')
    })
    const failures = await load.stop()
    assert.deepEqual(failures.slice(0, 5), [])
    assert.equal(workersOf(postern).length, 2)
    assert.ok(workersOf(postern).every((pid) => !old.includes(pid)))
    assert.ok(Math.min(...serving) >= 2)
    t.diagnostic(`${load.count()} requests`)
  })

  await t.test('one that is killed costs the requests under way there, and is replaced', async (t) => {
    const load = startLoad(t, await signedIn(t, site, ALICE.login))
    await until('there is load', START_MS, () => load.count() > 100)
    const [victim = 0] = workersOf(postern)
    process.kill(victim, 'SIGKILL')
    await until('another is there', START_MS, () => isReplaced(postern, victim))
    await until('load goes on', START_MS, () => load.count() > 500)
    const failures = await load.stop()
    assert.ok(failures.length <= CLIENTS, failures.join())
    assert.match(postern.logs(), /"signal":"SIGKILL","retryMs":100,"msg":"a worker ended and is replaced"/)
    t.diagnostic(`${load.count()} requests, ${failures.length} failed`)
  })

  await t.test('one that is stopped by hand is replaced', async () => {
    const [pid = 0] = workersOf(postern)
    process.kill(pid, 'SIGTERM')
    await until('another is there', START_MS, () => isReplaced(postern, pid))
    assert.match(postern.logs(), /"code":0,.*"msg":"a worker ended and is replaced"/)
    assert.match(await metricsOf(postern), /^postern_workers_replaced_total 2$/m)
  })

  await t.test(
    'all killed at once are replaced, what they had counted stays, and their sockets serve again',
    async (t) => {
      const before = await verifiedCount(postern)
      assert.ok(before > 500)
      const pids = workersOf(postern)
      for (const pid of pids) process.kill(pid, 'SIGKILL')
      await until('others are there', START_MS, () => pids.every((pid) => isReplaced(postern, pid)))
      assert.equal(await verifiedCount(postern), before)
      await visitOften(createPerson(t, site), 20)
    },
  )

  await t.test('a sign-in that one of them ends is over in all', async (t) => {
    const alice = await signedIn(t, site, ALICE.login)
    await Promise.all(Array.from({ length: 20 }, () => alice.open('/')))
    await site.command(['session', 'revoke', '--user', ALICE.login])
    await delay(2_000)
    const replies = await Promise.all(Array.from({ length: 20 }, () => alice.open('/')))
    assert.deepEqual([...new Set(replies.map(({ status }) => status))], [302])
  })

  await t.test('SIGTERM ends all of them, what is under way is answered, and nothing is left', async () => {
    const pids = workersOf(postern)
    const port = Number(postern.env['POSTERN_LISTEN']?.split(':')[1])
    const kept = connect(port, '127.0.0.1').on('error', () => undefined)
    assert.match(await askOver(kept), /\r\nconnection: keep-alive/i)
    const stopped = postern.stop()
    const answers: string[] = []
    await until('the last answer has come', START_MS, async () => {
      const answer = await askOver(kept)
      if (answer !== '') answers.push(answer)
      return answer === '' || /\r\nconnection: close/i.test(answer)
    })
    assert.ok(answers.length > 0)
    for (const answer of answers) assert.match(answer, /^HTTP\/1\.1 200 /)
    assert.equal(await stopped, 0)
    for (const pid of pids) assert.throws(() => process.kill(pid, 0))
    assert.doesNotMatch(postern.logs().split('stopping all workers')[1] ?? 'is replaced', /is replaced/)
  })
})

test(
  'one worker alone applies the policy file, and another once that is gone; none outlives its primary',
  {
    timeout: 60_000,
  },
  async (t) => {
    const file = join(await temporaryDirectory(t), 'policy.yaml')
    writeFileSync(file, policyOf(`https://${HOST}`))
    const { url } = await openTestDatabase(t)
    const env = { ...TWO, ...KEYS, POSTERN_DATABASE_URL: url, POSTERN_POLICY_FILE: file }
    const postern = await startPostern(t, env)
    await until('both serve', START_MS, () => readyCount(postern) === 2)
    const appliers = new Set<number>()
    let version = 1
    for (const path of ['/one', '/two', '/three']) {
      writeFileSync(file, policyOf(`https://${HOST}`, [`{ path: ${path}, deny: true }`]))
      await until('both have it', START_MS, () => linesOf(postern, 'policy in force', version + 1).length === 2)
      version++
      await until('it is applied', START_MS, () => linesOf(postern, 'policy applied', version).length > 0)
      const [applier = 0, ...others] = linesOf(postern, 'policy applied', version)
      assert.deepEqual(others, [])
      appliers.add(applier)
      if (path === '/three') break
      process.kill(applier, 'SIGKILL')
      await until('another is there', START_MS, () => isReplaced(postern, applier))
    }
    assert.equal(appliers.size, 3)
    const complaints = (): number => postern.logs().split('The policy file is not applied').length - 1
    writeFileSync(file, 'no policy')
    await until('whoever looks at the file complains', START_MS, () => complaints() > 0)
    await delay(2_000)
    assert.equal(complaints(), 1)

    const pids = workersOf(postern)
    await postern.kill()
    await until('they are gone', 5_000, () => pids.every((pid) => !isAlive(pid)))
  },
)

test('what keeps all workers from serving ends the program with one sentence', { timeout: 60_000 }, async (t) => {
  const { url } = await openTestDatabase(t)
  const taken = await freePort()
  const holder = createServer().listen(taken, '127.0.0.1')
  await once(holder, 'listening')
  t.after(() => holder.close())
  const cases = [
    {
      env: { POSTERN_DATABASE_URL: url, POSTERN_VERIFY_LISTEN: `127.0.0.1:${taken}` },
      says: /taken by another process/,
    },
    { env: { POSTERN_DATABASE_URL: 'postgres://x@127.0.0.1:1/x' }, says: /^PostgreSQL does not answer/ },
  ]
  for (const { env, says } of cases) {
    const outcome = await runPostern({ ...KEYS, ...ANY_PORTS, ...TWO, ...env }, ['serve'])
    assert.equal(outcome.exitCode, 1, outcome.stderr)
    assert.match(outcome.stderr, says)
    assert.equal(outcome.stderr.trim().split('\n').length, 1, outcome.stderr)
  }
})

test('the embedded database is for one process', async () => {
  const { exitCode, stderr } = await runPostern({ POSTERN_WORKERS: '2' }, ['serve'])
  assert.equal(exitCode, 2)
  assert.match(stderr, /^POSTERN_WORKERS is more than 1/)
})

test('one process alone ends on SIGHUP once it has said why, as it does when its terminal closes', async (t) => {
  const postern = await startPostern(t, {})
  const ended = once(postern.process, 'exit')
  postern.process.kill('SIGHUP')
  assert.deepEqual(await ended, [0, null])
  const [why, ...others] = postern
    .logs()
    .split('\n')
    .filter((line) => /POSTERN_WORKERS|"stopp/.test(line))
    .map((line) => (JSON.parse(line) as { level: string; msg: string }).msg)
  assert.match(why ?? '', /^SIGHUP ends this one process/)
  assert.deepEqual(others, ['stopping', 'stopped'])
})

interface Load {
  /** How many requests were answered. */
  readonly count: () => number
  /** Ends it and gives what went wrong. */
  readonly stop: () => Promise<string[]>
}

/** Somebody who opens pages and asks the portal without end, over connections that are kept alive. */
function startLoad(t: TestContext, person: Person): Load {
  const failures: string[] = []
  const ended = new AbortController()
  let answered = 0
  const open = async (path: string): Promise<void> => {
    const { status } = await person.open(path)
    if (status === 200) answered++
    else failures.push(`${path}: ${status}`)
  }
  const client = async (path: string): Promise<void> => {
    while (!ended.signal.aborted) {
      await open(path).catch((error: unknown) => failures.push(`${path}: ${String(error)}`))
      await delay(PAUSE_MS)
    }
  }
  const paths = ['/', '/a', '/public/b', `/.postern/assets/${ASSET}`]
  const clients = Array.from({ length: CLIENTS }, (_, index) => client(paths[index % paths.length] ?? '/'))
  const stop = async (): Promise<string[]> => {
    ended.abort()
    await Promise.all(clients)
    return failures
  }
  t.after(stop)
  return { count: () => answered, stop }
}

/** Opens a small page over a connection that is there already. */
/** Empty when the connection is over: a stop ends those on which nobody asks for a second. */
async function askOver(socket: Socket): Promise<string> {
  if (socket.destroyed) return ''
  const { promise, resolve } = Promise.withResolvers<string>()
  const onData = (chunk: Buffer): void => resolve(chunk.toString())
  const onClose = (): void => resolve('')
  socket.once('data', onData).once('close', onClose)
  socket.write(`GET /.postern/assets/${ASSET} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`)
  return promise.finally(() => socket.off('data', onData).off('close', onClose))
}

async function visitOften(person: Person, times: number): Promise<void> {
  const visits = Array.from({ length: times }, () => person.open('/public/'))
  for (const { status } of await Promise.all(visits)) assert.equal(status, 200)
}

async function metricsOf({ env }: PosternProcess): Promise<string> {
  return (await fetch(`http://${env['POSTERN_OPS_LISTEN']}/metrics`, { headers: { connection: 'close' } })).text()
}

async function verifiedCount(postern: PosternProcess): Promise<number> {
  const lines = (await metricsOf(postern)).matchAll(/^postern_verify_duration_seconds_count\{.*\} (\d+)$/gm)
  return Array.from(lines, ([, count]) => Number(count)).reduce((sum, count) => sum + count, 0)
}

function readyCount(postern: PosternProcess): number {
  return postern.logs().split('"msg":"ready"').length - 1
}

/** Pids of the workers that said this of this version of the policy. */
function linesOf(postern: PosternProcess, message: string, version: number): number[] {
  const lines = postern
    .logs()
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
  return lines
    .map((line) => JSON.parse(line) as { pid: number; msg: string; version?: number })
    .filter((line) => line.msg === message && line.version === version)
    .map(({ pid }) => pid)
}

function workersOf({ process: { pid = 0 } }: PosternProcess): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return children
    .split(' ')
    .map(Number)
    .filter((child) => child > 0)
}

/** Whether another serves in the place of one that is gone. */
function isReplaced(postern: PosternProcess, pid: number): boolean {
  const pids = workersOf(postern)
  const ready = (each: number): boolean => postern.logs().includes(`"pid":${each},"publicUrl"`)
  return pids.length === 2 && !pids.includes(pid) && pids.every(ready)
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
