import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exactMoment, moment } from '../../src/admin/parts.ts'
import { toText } from '../../src/web/html.ts'
import { createWords } from '../../src/words/words.ts'

const AT = new Date('2026-11-23T04:05:07.123Z')

test('a moment is told to the minute, and to the second where things happen one after the other', () => {
  for (const [tag, minute, second] of [
    ['en', /4:05.AM$/, /4:05:07.AM$/],
    ['de', /04:05$/, /04:05:07$/],
  ] as const) {
    const words = createWords(tag, {})
    assert.match(words.time(AT), minute)
    assert.match(words.exactTime(AT), second)
    assert.match(toText(exactMoment(words, AT)), /datetime="2026-11-23T04:05:07\.123Z".*:05:07/)
    assert.doesNotMatch(toText(moment(words, AT)), />[^<]*:07/)
  }
})
