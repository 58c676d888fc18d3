import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { OperatorError } from '../../src/errors.ts'
import { lockDirectory } from '../../src/store/directory-lock.ts'
import { temporaryDirectory } from '../support/directories.ts'

const ROUNDS = Number(process.env['POSTERN_TEST_ROUNDS'] ?? 3)
const CHILD = join(import.meta.dirname, '../support/lock-child.ts')
const COLLECTED = join(import.meta.dirname, '../support/collected-lock-child.ts')

test('a data directory has one owner at a time, and is made unreadable to others', async (t) => {
  const directory = join(await temporaryDirectory(t), 'data')
  const lock = lockDirectory(directory)
  t.after(() => lock.release())
  assert.equal((await stat(directory)).mode & 0o777, 0o700)
  assert.throws(
    () => lockDirectory(directory),
    (error) => error instanceof OperatorError && error.message.includes(directory),
  )
})

test('a released directory can be taken again', async (t) => {
  const directory = await temporaryDirectory(t)
  lockDirectory(directory).release()
  lockDirectory(directory).release()
})

test("a directory that cannot be used is the operator's error", async (t) => {
  const directory = await temporaryDirectory(t)
  await mkdir(join(directory, 'lock'))
  assert.throws(() => lockDirectory(directory), OperatorError)
})

test(`${ROUNDS} double starts with kill -9: one owner each time, no acknowledged row lost`, async (t) => {
  const directory = await temporaryDirectory(t)
  let acknowledged = 0
  for (let round = 0; round < ROUNDS; round += 1) {
    const { owners, busy, found, last } = await doubleStart(t, directory)
    assert.deepEqual({ round, owners, busy }, { round, owners: 1, busy: 1 })
    assert.ok(found >= acknowledged, `round ${round}: ${found} rows of ${acknowledged}`)
    acknowledged = last
  }
})

interface Round {
  readonly owners: number
  readonly busy: number
  /** Rows that the owner found, and the last that it was told is kept. */
  readonly found: number
  readonly last: number
}

async function doubleStart(t: TestContext, directory: string): Promise<Round> {
  const children = [startChild(t, directory), startChild(t, directory)]
  await Promise.all(children.map(({ decided }) => decided))
  const owner = children.find(({ lines }) => lines[0]?.startsWith('owner'))
  await owner?.until(20 + Math.floor(Math.random() * 50))
  for (const child of children) await child.kill()
  const lines = children.flatMap((child) => child.lines.map((line) => line.split(' ')))
  const owners = lines.filter(([word]) => word === 'owner')
  for (const [, rows, last] of owners) assert.equal(rows, last)
  return {
    owners: owners.length,
    busy: lines.filter(([word]) => word === 'busy').length,
    found: Number(owners[0]?.[1]),
    last: Number(lines.findLast(([word]) => word === 'row')?.[1]),
  }
}

function startChild(t: TestContext, directory: string) {
  const args = ['--disable-warning=ExperimentalWarning', CHILD, directory, String(Math.floor(Math.random() * 200))]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  t.after(() => child.kill('SIGKILL'))
  const lines: string[] = []
  const output = createInterface(child.stdout).on('line', (line) => lines.push(line))
  return {
    lines,
    /** Once it owns the directory or was refused. */
    decided: Promise.race([once(output, 'line'), ended]),
    until: async (count: number) => {
      while (lines.length < count && child.exitCode === null) await once(output, 'line')
    },
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}

test('a lock outlasts the tidying up of memory, though nobody keeps what was returned', async (t) => {
  const directory = await temporaryDirectory(t)
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--expose-gc', COLLECTED, directory],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  t.after(() => child.kill('SIGKILL'))
  await once(createInterface(child.stdout), 'line')
  assert.throws(() => lockDirectory(directory), /in use by another Postern process/)
})

test('the file of the lock is for its owner alone, since whoever may open it may hold it', async (t) => {
  const directory = await temporaryDirectory(t)
  const lock = lockDirectory(directory)
  t.after(() => lock.release())
  assert.equal(statSync(join(directory, 'lock')).mode & 0o777, 0o600)
})
