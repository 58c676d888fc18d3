import assert from 'node:assert/strict'
import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { createLog } from '../../src/observe/log.ts'
import { applyPolicy } from '../../src/policies/apply.ts'
import { watchPolicyFile } from '../../src/policies/policy-watch.ts'
import type { PolicyWatch } from '../../src/policies/policy-watch.ts'
import type { Database } from '../../src/store/database.ts'
import { statement } from '../../src/store/statement.ts'
import { openTestDatabase } from '../support/database.ts'
import { temporaryDirectory } from '../support/directories.ts'

const COUNT = statement<[], { count: number }>('count', `select count(*)::int as count from auth.policies`)
const LATEST = statement<[], { source: string }>(
  'latest',
  `select source from auth.policies order by version desc limit 1`,
)
const RENAME = statement<[]>('rename', `alter table auth.policies rename to policies_away`)
const RENAME_BACK = statement<[]>('rename_back', `alter table auth.policies_away rename to policies`)
const [ONE, TWO] = ['version: 1\napps: [] # one\n', 'version: 1\napps: [] # two\n']
const BAD = 'version: 1\napps: 7\n'

interface Watched {
  readonly database: Database
  readonly file: string
  readonly lines: string[]
  readonly watch: PolicyWatch
}

async function open(t: TestContext): Promise<Watched> {
  const { database } = await openTestDatabase(t)
  const file = join(await temporaryDirectory(t), 'policy.yaml')
  const lines: string[] = []
  const watch = watchPolicyFile(file, database, {
    log: createLog('info', { write: (line) => void lines.push(line) }),
  })
  return { database, file, lines, watch }
}

test('a file is applied when it changes, and looked at otherwise without any effect', async (t) => {
  const { database, file, watch } = await open(t)
  for (const [index, source] of [ONE, ONE, TWO, TWO, ONE].entries()) {
    writeFileSync(file, source)
    await watch.check()
    assert.deepEqual([watch.fault, await latest(database)], [null, source], `${index}`)
  }
  assert.equal(await count(database), 3)
})

test('a bad change is refused with its places, told once, and keeps the policy that was there', async (t) => {
  const { database, file, lines, watch } = await open(t)
  writeFileSync(file, ONE)
  await watch.check()
  lines.length = 0
  writeFileSync(file, BAD)
  for (let look = 0; look < 3; look++) await watch.check()
  assert.match(watch.fault ?? '', /policy\.yaml:2:1: apps/)
  assert.deepEqual([lines.length, await latest(database), await count(database)], [1, ONE, 1])
})

test('a mended file is in force again, whether its text is new or the one before the mistake', async (t) => {
  const { database, file, watch } = await open(t)
  for (const mended of [ONE, TWO]) {
    for (const source of [ONE, BAD, mended]) {
      writeFileSync(file, source)
      await watch.check()
    }
    assert.deepEqual([watch.fault, await latest(database)], [null, mended])
  }
})

test('a file that is missing, or a folder, is told and does not throw; the same file back is no fault', async (t) => {
  const { database, file, lines, watch } = await open(t)
  writeFileSync(file, ONE)
  await watch.check()
  lines.length = 0
  rmSync(file)
  for (let look = 0; look < 3; look++) await watch.check()
  assert.match(watch.fault ?? '', /ENOENT/)
  assert.deepEqual([lines.length, await latest(database)], [1, ONE])
  writeFileSync(file, ONE)
  await watch.check()
  assert.deepEqual([watch.fault, await count(database)], [null, 1])
})

test('a bad file that goes missing and comes back is still at fault for what stands in it', async (t) => {
  const { file, watch } = await open(t)
  writeFileSync(file, BAD)
  await watch.check()
  const fault = watch.fault
  rmSync(file)
  await watch.check()
  assert.notEqual(watch.fault, fault)
  writeFileSync(file, BAD)
  await watch.check()
  assert.equal(watch.fault, fault)
})

test('at the first look an earlier version does not come back, later on it does', async (t) => {
  const { database, file, watch } = await open(t)
  for (const source of [ONE, TWO]) await applyPolicy(database, { source, by: 'x', reason: 'x', onlyForward: false })
  writeFileSync(file, ONE)
  for (let look = 0; look < 2; look++) await watch.check()
  assert.match(watch.fault ?? '', /version 1/)
  assert.equal(await latest(database), TWO)
  for (const source of [TWO, ONE]) {
    writeFileSync(file, source)
    await watch.check()
    assert.deepEqual([watch.fault, await latest(database)], [null, source])
  }
})

test('a change that the database could not take is applied once it can, with the rule of the first look', async (t) => {
  const { database, file, watch } = await open(t)
  await applyPolicy(database, { source: ONE, by: 'x', reason: 'x', onlyForward: false })
  await applyPolicy(database, { source: TWO, by: 'x', reason: 'x', onlyForward: false })
  writeFileSync(file, ONE)
  await database.query(RENAME)
  await watch.check()
  assert.match(watch.fault ?? '', /can't be applied/)
  await database.query(RENAME_BACK)
  await watch.check()
  assert.match(watch.fault ?? '', /version 1/)
  assert.equal(await latest(database), TWO)
})

test('a change that failed and was taken back leaves no fault', async (t) => {
  const { database, file, watch } = await open(t)
  writeFileSync(file, ONE)
  await watch.check()
  await database.query(RENAME)
  writeFileSync(file, TWO)
  await watch.check()
  assert.notEqual(watch.fault, null)
  await database.query(RENAME_BACK)
  writeFileSync(file, ONE)
  await watch.check()
  assert.equal(watch.fault, null)
})

test('a file that is replaced by swapping a link is seen', async (t) => {
  const { database, file, watch } = await open(t)
  for (const [name, source] of [
    ['one', ONE],
    ['two', TWO],
  ] as const) {
    writeFileSync(`${file}.${name}`, source)
    symlinkSync(`${file}.${name}`, `${file}.link`)
    renameSync(`${file}.link`, file)
    await watch.check()
    assert.equal(await latest(database), source)
  }
})

async function latest(database: Database): Promise<string | undefined> {
  return (await database.query(LATEST))[0]?.source
}

async function count(database: Database): Promise<number | undefined> {
  return (await database.query(COUNT))[0]?.count
}
