import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { OperatorError } from '../../src/errors.ts'
import { copyEmbedded, removeLeftCopy } from '../../src/store/copy-embedded.ts'
import { lockDirectory } from '../../src/store/directory-lock.ts'
import { openEmbedded } from '../../src/store/embedded.ts'
import { statement } from '../../src/store/statement.ts'
import { temporaryDirectory } from '../support/directories.ts'

const ROWS = 2_000
const PREPARE = `
  create table a (n int primary key, filler text);
  create table b (n int primary key, filler text);
  insert into a select n, repeat('x', 500) from generate_series(1, ${ROWS}) n`
const TAKE = statement<[n: number]>('take', 'delete from a where n = $1')
const PUT = statement<[n: number]>('put', `insert into b values ($1, repeat('y', 500))`)
const COUNT = statement<[], { both: number; moved: number }>(
  'count',
  `select (select count(*) from a)::int + (select count(*) from b)::int as both, (select count(*) from b)::int as moved`,
)

test('a copy of an embedded database that is written to shows one moment of it, and stays while it is read', async (t) => {
  const directory = await temporaryDirectory(t)
  const database = await openEmbedded({ directory, onExit: () => {} })
  t.after(() => database.close())
  await database.withConnection((connection) => connection.script(PREPARE))
  const state = { isOver: false, moved: 0 }
  const writing = (async () => {
    for (let n = 1; !state.isOver && n <= ROWS; n++) {
      await database.transaction(async (tx) => {
        await tx.query(TAKE, n)
        await tx.query(PUT, n)
      })
      state.moved = n
    }
  })()
  for (const round of [1, 2]) {
    const before = state.moved
    const copying = copyEmbedded(database, directory)
    await assert.rejects(copyEmbedded(database, directory), /Another backup is being made/)
    const { path } = await copying
    const after = state.moved
    assert.ok(after > before, `nothing was written while copy ${round} was made`)
    const copy = await openEmbedded({ directory: path, onExit: () => {} })
    const [found] = await copy.query(COUNT)
    await copy.close()
    assert.equal(found?.both, ROWS)
    assert.ok(found.moved >= before && found.moved <= after + 1, `${before} ${found.moved} ${after}`)
  }
  state.isOver = true
  await writing
  const lock = lockDirectory(join(directory, 'backup-copy'))
  await assert.rejects(
    copyEmbedded(database, directory),
    (error) => error instanceof OperatorError && /Another backup is being made/.test(error.message),
  )
  await removeLeftCopy(directory)
  assert.equal(existsSync(join(directory, 'backup-copy')), true, 'a copy that is in use stays')
  lock.release()
  await removeLeftCopy(directory)
  assert.equal(existsSync(join(directory, 'backup-copy')), false)
})
