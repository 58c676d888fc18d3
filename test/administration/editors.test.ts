import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { noticeVersion, setNotice } from '../../src/administration/notices.ts'
import type { Expect } from '../../src/administration/parts.ts'
import { editUser } from '../../src/administration/users.ts'
import { PosternError } from '../../src/errors.ts'
import { getUser } from '../../src/users/users.ts'
import { openStaff } from './place.ts'

const TIMES = 10

function asRead(version: string): Expect {
  return (found) => {
    if (found !== version) throw new PosternError('changed_since')
  }
}

async function countDone(works: readonly Promise<unknown>[]): Promise<number> {
  return (await Promise.allSettled(works)).filter(({ status }) => status === 'fulfilled').length
}

suite('of two who change at once what both have read, one is refused', { timeout: 60_000 }, () => {
  test('a person', async (t) => {
    const { context, database } = await openStaff(t)
    for (let time = 0; time < TIMES; time++) {
      const expect = asRead((await getUser(database, 'una')).version)
      const names = [`Una ${time}`, `Anu ${time}`]
      const works = names.map((name) => editUser(context, null, { login: 'una', name, expect }))
      assert.equal(await countDone(works), 1)
    }
  })

  test('a notice, also the first of an app', async (t) => {
    const { context } = await openStaff(t)
    let read = noticeVersion(null)
    for (let time = 0; time < TIMES; time++) {
      const texts = [`one ${time}`, `other ${time}`]
      const works = texts.map((text) => setNotice(context, null, { app: 'app', text, expect: asRead(read) }))
      assert.equal(await countDone(works), 1)
      const done = (await Promise.allSettled(works)).find((work) => work.status === 'fulfilled')
      read = noticeVersion(done?.value ?? null)
    }
  })
})
