import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { keepClosingGrants, keepReadingChanges } from '../../src/chores/chores.ts'
import { openChangeFeed } from '../../src/store/change-feed.ts'
import type { ChangeFeed } from '../../src/store/change-feed.ts'
import { watch } from '../sessions/fixture.ts'
import { openTestApp } from '../support/app.ts'

const SILENT = { onNamed: () => undefined, onPolicy: () => undefined, onGap: () => undefined }
const ROUND_MS = 600
const GRANTS_MS = 2_000

test('that changes can not be read is told once, and once that they are read again', async (t) => {
  const { context, database, logs } = await openTestApp(t)
  const watched = watch(database)
  const feed = await openChangeFeed(watched, SILENT)
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const opened = new AsyncDisposableStack()
  t.after(() => opened.disposeAsync())
  keepReadingChanges({ ...context, feed }, null, opened)
  const read = async (times: number): Promise<string[]> => {
    const before = logs().length
    for (let round = 0; round < times; round++) {
      const asked = watched.asked.length
      t.mock.timers.tick(ROUND_MS)
      while (watched.asked.length === asked) await nextTurn()
      await feed.read().catch(() => undefined)
      for (let turn = 0; turn < 3; turn++) await nextTurn()
    }
    return logs()
      .slice(before)
      .map(({ level, msg }) => `${String(level)}: ${String(msg)}`)
  }
  assert.deepEqual(await read(3), [])
  watched.failure = new Error('no database')
  assert.deepEqual(await read(3), ['warn: changes can not be read: memory counts for as long as the grace lasts'])
  watched.failure = null
  assert.deepEqual(await read(3), ['info: changes are read again'])
})

test('that ends of grants can not be written is told once, and once that they are again', async (t) => {
  const { context, logs } = await openTestApp(t)
  let failure: Error | null = null
  const commit: ChangeFeed['commit'] = () => (failure === null ? Promise.resolve(0 as never) : Promise.reject(failure))
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const opened = new AsyncDisposableStack()
  t.after(() => opened.disposeAsync())
  keepClosingGrants({ ...context, feed: { ...context.feed, commit } }, opened)
  const told = async (rounds: number, why: Error | null): Promise<string[]> => {
    const before = logs().length
    failure = why
    for (let round = 0; round < rounds; round++) {
      t.mock.timers.tick(GRANTS_MS)
      for (let turn = 0; turn < 3; turn++) await nextTurn()
    }
    return logs()
      .slice(before)
      .map(({ level, msg }) => `${String(level)}: ${String(msg)}`)
  }
  assert.deepEqual(await told(2, null), [])
  assert.deepEqual(await told(3, new Error('no database')), ['warn: ends of grants are not written down yet'])
  assert.deepEqual(await told(3, null), ['info: ends of grants are written down again'])
})
