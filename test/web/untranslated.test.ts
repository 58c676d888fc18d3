import assert from 'node:assert/strict'
import test from 'node:test'
import { plainFrame } from '../../src/web/look.ts'
import { EN } from '../../src/words/en/en.ts'
import { splitAtPlaces } from '../../src/words/message.ts'
import type { Message } from '../../src/words/message.ts'
import { createWords } from '../../src/words/words.ts'
import type { Translation, Words } from '../../src/words/words.ts'
import { samplePages } from './sample-pages.ts'

/** What operators and people wrote, or what things are called. */
const OWN = [
  'What we know, and where it is written down.',
  'An app with a title that is about as long as the policy lets it',
  'Being mended, and back at noon.',
  'nothing of this kind',
  'A key with quite a long name that nobody needs, but may want',
  'English',
  'Deutsch',
  'Firefox',
  'Safari',
  'Linux',
  'iPhone',
  'Git',
  'Tenants',
  'Mail',
  'Calendar',
  'Photos',
  'Music',
  'Wiki',
  'QR',
  'CI',
  'GET',
  'Authorization: Bearer',
  'backup on a machine with a rather long name',
  'it begins with a slash',
].map((text) => new RegExp(`\\b${text}(?!\\w)`))
const MARKED = /⟦[^⟦⟧]*⟧/g
/** What stands on the sample pages without being said by us: names, addresses and codes, and what is typed literally. */
const VALUES = new RegExp(
  [
    /https?:\/\/\S*/,
    /[\w.-]+@[\w.-]+/,
    /[\w.-]+\.example\.com\S*/,
    /\bpostern (?:user create|doctor)\b|POSTERN_\w+/,
    /\b(?:cookie_missing|cookie_doubled|cookie_not_valid|gateway_not_told|proof_too_old|wrong_scheme)\b/,
    /\b(?:alice|Alice Aardvark|Alice|Postern)\b/i,
    /\bpst_[\w-]+|\/(?:api|files)\/\S*/,
    ...OWN,
    /\b[0-9a-f]+(?:[:-][0-9a-f]*)+\b|\b\d[\w-]*\b|req-\w+|(?:[A-Z2-7]{4} ?)+|[0-9A-Z]{4}(?:-[0-9A-Z]+)+/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'gi',
)

test('nothing on any page is said but by a catalogue', () => {
  const words = markedWords()
  const said: string[] = []
  for (const [name, document] of Object.entries(samplePages({ ...plainFrame('/.postern/assets'), words }))) {
    for (const text of textsOf(document)) {
      const rest = text.replaceAll(MARKED, '').replaceAll(VALUES, '')
      if (/\p{L}{2}/u.test(rest)) said.push(`${name}: ${text}`)
    }
  }
  assert.deepEqual([...new Set(said)], [])
})

/** English with marks around all that is said, the times and dates too. */
function markedWords(): Words {
  const entries = Object.entries<Message>(EN).map(([name, message]) => [name, markMessage(message)])
  const words = createWords('en', Object.fromEntries(entries) as Translation)
  return {
    ...words,
    time: (moment) => mark(words.time(moment)),
    date: (moment) => mark(words.date(moment)),
  }
}

function markMessage(message: Message): Message {
  if (typeof message === 'string') return markText(message)
  return Object.fromEntries(Object.entries(message).map(([form, text]) => [form, markText(text)])) as Message
}

function markText(text: string): string {
  const { texts, names } = splitAtPlaces(text)
  return texts.map((each, index) => mark(each) + (names[index] === undefined ? '' : `{${names[index]}}`)).join('')
}

function mark(text: string): string {
  return text === '' ? '' : `⟦${text}⟧`
}

/** What people see or hear of a page: its texts, and the attributes that are read out. */
function textsOf(document: string): string[] {
  const heard = [...document.matchAll(/ (?:alt|aria-label|title|placeholder)="([^"]*)"/g)].map(([, text = '']) => text)
  const seen = document.replaceAll(/<(script|style)\b.*?<\/\1>|<!doctype[^>]*>/gs, '').split(/<[^>]*>/)
  return [...heard, ...seen].map((text) => text.replaceAll(/&#(\d+);/g, ' ').trim()).filter((text) => text !== '')
}
