import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DE } from '../../src/words/de/de.ts'
import { ERRORS } from '../../src/errors.ts'
import { html, toText } from '../../src/web/html.ts'
import type { Html } from '../../src/web/html.ts'
import { EN } from '../../src/words/en/en.ts'
import { createLanguages, readTranslation, translationTemplate } from '../../src/words/languages.ts'
import { matchMessage, placesOf, splitAtPlaces } from '../../src/words/message.ts'
import type { Message } from '../../src/words/message.ts'

const languages = createLanguages('en')

test('German says all that English does, with the same places, and nothing else', () => {
  assert.deepEqual(Object.keys(DE).sort(), Object.keys(EN).sort())
  for (const [name, message] of Object.entries<Message>(DE)) {
    assert.deepEqual(placesOf(message), placesOf((EN as Readonly<Record<string, Message>>)[name] ?? ''), name)
  }
})

test('no text is empty, and none has a blank at its edge that templates would lose', () => {
  for (const [name, message] of [...Object.entries<Message>(EN), ...Object.entries<Message>(DE)]) {
    for (const text of typeof message === 'string' ? [message] : Object.values(message)) {
      assert.ok(text !== '' && text === text.trim(), name)
    }
  }
})

test('the language is the one chosen before, else what the browser wants most, else the usual one', () => {
  const choose = (chosen: string | null, accepted?: string): string => languages.choose(chosen, accepted).tag
  assert.equal(choose('de', 'en'), 'de')
  assert.equal(choose(null, 'fr, de-AT;q=0.8, en;q=0.9'), 'en')
  assert.equal(choose(null, 'fr, de-AT;q=0.8'), 'de')
  assert.equal(choose(null, 'de;q=0, fr'), 'en')
  assert.equal(choose('xx', undefined), 'en')
  assert.equal(createLanguages('de').choose(null, '*').tag, 'de')
})

test('whatever Accept-Language holds, a language is chosen', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 2_000 }), (accepted) =>
      languages.all.includes(languages.choose(null, accepted)),
    ),
  )
})

test('a language from a file is there, and English says what it lacks', () => {
  const french = readTranslation({ 'common.back': 'Retour' })
  assert.ok(typeof french !== 'string')
  const words = createLanguages('en', new Map([['fr', french]])).find('fr-CA')
  assert.equal(words?.say('common.back'), 'Retour')
  assert.equal(words?.say('common.utc'), EN['common.utc'])
  assert.equal(words?.endonym, 'français')
})

test('a file that is wrong is refused with what is wrong', () => {
  assert.equal(readTranslation([]), 'It is no JSON object.')
  assert.equal(readTranslation({ 'common.nope': 'x' }), 'Nothing is called common.nope.')
  assert.match(faultOf(readTranslation({ 'common.back': 3 })), /neither a text/)
  assert.match(faultOf(readTranslation({ 'common.back': { one: 'x' } })), /neither a text/)
  assert.equal(readTranslation({ 'common.back': '{who}' }), 'common.back has a place {who} that is never filled.')
  assert.match(faultOf(readTranslation(JSON.parse('{"__proto__x": "y"}'))), /Nothing is called/)
})

function faultOf(read: ReturnType<typeof readTranslation>): string {
  return typeof read === 'string' ? read : ''
}

test('texts and places of a message, put together again, are the message', () => {
  const message = fc.array(fc.oneof(fc.string(), fc.stringMatching(/^\{\w{1,8}\}$/))).map((parts) => parts.join(''))
  fc.assert(
    fc.property(message, (text) => {
      const { texts, names } = splitAtPlaces(text)
      assert.equal(
        texts.map((each, index) => each + (names[index] === undefined ? '' : `{${names[index]}}`)).join(''),
        text,
      )
    }),
  )
})

test('what a message is filled with stays text in a page, whatever it is, and so does the message', () => {
  const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('<script>', '"><b>', '&amp;', '{host}', "'`"))
  fc.assert(
    fc.property(texts, texts, (name, around) => {
      const words = createLanguages('en', new Map([['fr', { 'sign_in.onward': `${around}{host}` }]])).find('fr')
      const parts = words?.parts<'sign_in.onward', Html>('sign_in.onward', { host: html`<b>${name}</b>` }) ?? []
      const markup = toText(html`<p>${parts}</p>`).replaceAll(/<\/?[pb]>/g, '')
      assert.doesNotMatch(markup, /[<>"'`]/)
    }),
  )
})

test('what was said in English at a lower level is found again and said anew, with what stands in it', () => {
  const german = languages.choose('de', undefined)
  assert.equal(german.retell('Use at least 12 characters.'), 'Verwenden Sie mindestens 12 Zeichen.')
  assert.equal(german.retell('Somebody has this login already.'), 'Diesen Anmeldenamen hat schon jemand.')
  assert.equal(german.retell('Something that no catalogue has.'), 'Something that no catalogue has.')
  const app = fc.string({ unit: 'binary', minLength: 1 })
  fc.assert(
    fc.property(app, (name) => {
      const english = EN['fault.password_app'].replace('{app}', () => name)
      assert.deepEqual(matchMessage(EN['fault.password_app'], english), { app: name })
      assert.equal(
        german.retell(english),
        DE['fault.password_app'].replace('{app}', () => name),
      )
    }),
  )
})

test('every error code has its sentence, in English the one that programs read', () => {
  for (const [code, { message }] of Object.entries(ERRORS)) {
    assert.equal(EN[`error.${code as keyof typeof ERRORS}`], message)
    assert.notEqual(DE[`error.${code as keyof typeof ERRORS}`], message)
  }
})

test('lengths of time are said in units that people use', () => {
  const german = languages.choose('de', undefined)
  assert.deepEqual(
    [86_400_000, 5_400_000, 45_000].map((ms) => german.life(ms)),
    ['1 Tag', '90 Minuten', '45 Sekunden'],
  )
  assert.deepEqual(
    [0, 119, 120, 7_201].map((seconds) => german.wait(seconds)),
    ['1 Sekunde', '119 Sekunden', '2 Minuten', '3 Stunden'],
  )
})

test('the template is a translation that can be read back', () => {
  const template: unknown = JSON.parse(translationTemplate())
  assert.deepEqual(readTranslation(template), EN)
})
