import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { controlSocketPath } from '../../src/store/control-path.ts'
import { sendOrder } from '../../src/commands/control.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { freePort } from '../support/ports.ts'
import { startPostern } from '../support/postern-process.ts'
import { createRandom } from '../support/random.ts'
import { until } from '../support/until.ts'

const ROUNDS = Number(process.env['POSTERN_TEST_ROUNDS'] ?? 2)
const SEED = Number(process.env['POSTERN_TEST_SEED'] ?? Date.now() % 1_000_000)
const LAUNCHER = join(import.meta.dirname, '../../bin/postern')
const MAX_OFFSET_MS = 400
const MAX_LIFE_MS = 600
/** About how long a start takes that finds a database. */
const MAX_START_MS = 1_200
const SETTLED_WITHIN_MS = 30_000
const IN_USE = /^The data directory .* is in use by another Postern process\. Stop it first, or set POSTERN_DATA_DIR/m

interface Candidate {
  readonly process: ChildProcess
  /** Resolves once both streams have ended as well. */
  readonly closed: Promise<unknown>
  readonly said: () => string
}

test(`of two starts on one data directory one owns it, and what it acknowledged lasts (${ROUNDS} rounds)`, async (t) => {
  t.diagnostic(`POSTERN_TEST_SEED=${SEED}`)
  const random = createRandom(SEED)
  const dataDir = join(await temporaryDirectory(t), 'data')
  const acknowledged: string[] = []
  for (let round = 1; round <= ROUNDS; round++) {
    await killEarly(t, dataDir, random(MAX_START_MS))
    const offsetMs = random(MAX_OFFSET_MS)
    const owner = await startTwice(t, dataDir, offsetMs)
    const lifeMs = random(MAX_LIFE_MS)
    const before = acknowledged.length
    await createUsersUntilKilled(owner, { dataDir, lifeMs, prefix: `r${round}`, acknowledged })
    t.diagnostic(`round ${round}: ${offsetMs} ms apart, ${acknowledged.length - before} users in ${lifeMs} ms`)
  }
  const postern = await startPostern(t, { POSTERN_DATA_DIR: dataDir })
  const kept = await loginsOf(dataDir)
  assert.ok(acknowledged.length > 0)
  assert.deepEqual(
    acknowledged.filter((login) => !kept.has(login)),
    [],
  )
  assert.equal(await postern.stop(), 0)
})

/** A start that is cut off, in the middle of making the database or of its recovery. */
async function killEarly(t: TestContext, dataDir: string, afterMs: number): Promise<void> {
  const candidate = await startCandidate(t, dataDir)
  await delay(afterMs)
  candidate.process.kill('SIGKILL')
  await candidate.closed
}

/** Starts two and gives the one that is ready, once the other has ended as it should. */
async function startTwice(t: TestContext, dataDir: string, offsetMs: number): Promise<Candidate> {
  const one = await startCandidate(t, dataDir)
  await delay(offsetMs)
  const other = await startCandidate(t, dataDir)
  const both = [one, other]
  const owner = await until('one is ready and the other has ended', SETTLED_WITHIN_MS, () => {
    const ended = both.filter((candidate) => candidate.process.exitCode !== null)
    assert.ok(ended.length < 2, `both ended: ${one.said()}${other.said()}`)
    assert.ok(!both.every(isReady), 'both are owners')
    return ended.length === 1 ? (both.find(isReady) ?? null) : null
  })
  const loser = owner === one ? other : one
  await loser.closed
  assert.equal(loser.process.exitCode, 1)
  assert.match(loser.said(), IN_USE)
  return owner
}

async function startCandidate(t: TestContext, dataDir: string): Promise<Candidate> {
  const [portal, verify, ops] = await Promise.all([freePort(), freePort(), freePort()])
  const env = {
    PATH: process.env['PATH'] ?? '',
    POSTERN_LISTEN: `127.0.0.1:${portal}`,
    POSTERN_VERIFY_LISTEN: `127.0.0.1:${verify}`,
    POSTERN_OPS_LISTEN: `127.0.0.1:${ops}`,
    POSTERN_DATA_DIR: dataDir,
  }
  const child = spawn(LAUNCHER, ['serve'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = once(child, 'close')
  t.after(() => void child.kill('SIGKILL'))
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  return { process: child, closed, said: () => said }
}

function isReady({ process, said }: Candidate): boolean {
  return process.exitCode === null && said().includes('Postern is ready')
}

interface Life {
  readonly dataDir: string
  readonly lifeMs: number
  readonly prefix: string
  /** Gains every login whose creation the server confirmed. */
  readonly acknowledged: string[]
}

async function createUsersUntilKilled(
  owner: Candidate,
  { dataDir, lifeMs, prefix, acknowledged }: Life,
): Promise<void> {
  const killed = delay(lifeMs).then(() => owner.process.kill('SIGKILL'))
  for (let count = 1; ; count++) {
    const login = `${prefix}-${count}`
    const given = { login, email: `${login}@example.com`, name: login }
    const reply = await sendOrder(controlSocketPath(dataDir), { command: 'user create', given }).catch(() => null)
    if (reply === null) break
    if ('refusal' in reply) throw new Error(reply.refusal)
    acknowledged.push(login)
  }
  assert.ok(owner.process.killed, `the owner broke off by itself: ${owner.said()}`)
  await killed
  await owner.closed
}

async function loginsOf(dataDir: string): Promise<ReadonlySet<string>> {
  const reply = await sendOrder(controlSocketPath(dataDir), { command: 'user list', given: {} })
  assert.ok(reply !== null && 'result' in reply)
  return new Set((reply.result.data as { login: string }[]).map(({ login }) => login))
}
