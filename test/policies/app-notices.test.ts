import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import {
  currentNotices,
  dropNotice,
  findNotice,
  isNoticeText,
  listNotices,
  putNotice,
} from '../../src/policies/app-notices.ts'
import { openTestDatabase } from '../support/database.ts'

const HOUR_MS = 3_600_000

suite('notices of apps', () => {
  test('are told from their start to their end, the later one in the place of the earlier', async (t) => {
    const { database } = await openTestDatabase(t)
    const at = (hours: number): Date => new Date(Date.now() + hours * HOUR_MS)
    const set = { text: 'Being mended.', startsAt: null, endsAt: null, setBy: 'alice' }
    await putNotice(database, { ...set, app: 'wiki' })
    await putNotice(database, { ...set, app: 'wiki', text: 'Back at noon.', endsAt: at(1) })
    await putNotice(database, { ...set, app: 'later', startsAt: at(1) })
    await putNotice(database, { ...set, app: 'over', startsAt: at(-2), endsAt: at(-1) })
    const told = await currentNotices(database)
    assert.deepEqual([...told.keys()], ['wiki'])
    assert.equal(told.get('wiki')?.text, 'Back at noon.')
    assert.deepEqual(
      (await listNotices(database)).map(({ app }) => app),
      ['later', 'over', 'wiki'],
    )
    assert.equal((await findNotice(database, 'wiki'))?.setBy, 'alice')
    assert.deepEqual([await dropNotice(database, 'wiki'), await dropNotice(database, 'wiki')], [true, false])
    assert.equal(await findNotice(database, 'wiki'), null)
  })

  test('are short texts without what would turn or break the page', () => {
    for (const good of ['x', 'Back at noon.\nSorry.', 'ä'.repeat(500)]) assert.equal(isNoticeText(good), true, good)
    for (const bad of ['', ' x', 'x\u202e', 'x\0', 'ä'.repeat(501)]) assert.equal(isNoticeText(bad), false, bad)
  })
})
