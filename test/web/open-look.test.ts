import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import type { TestContext } from 'node:test'
import { OperatorError } from '../../src/errors.ts'
import { openLook } from '../../src/web/open-look.ts'
import type { LookSettings } from '../../src/web/open-look.ts'

const SETTINGS: LookSettings = {
  language: 'en',
  languagesDir: null,
  brandName: 'Postern',
  brandLogo: null,
  brandAccent: null,
}
const PNG = Buffer.from('89504e470d0a1a0a0000', 'hex')

test('a language is a file, may be the usual one, and its own texts stand before ours', (t) => {
  const folder = folderWith(t, {
    'fr.json': '{"common.back":"Retour"}',
    'de.json': '{"sign_in.login":"Kürzel"}',
    'notes.txt': 'not a language',
  })
  const { languages } = openLook({ ...SETTINGS, languagesDir: folder, language: 'fr' })
  assert.deepEqual(
    languages.all.map(({ tag }) => tag),
    ['en', 'de', 'fr'],
  )
  assert.equal(languages.choose(null, undefined).say('common.back'), 'Retour')
  const german = languages.choose('de', undefined)
  assert.deepEqual([german.say('sign_in.login'), german.say('common.back')], ['Kürzel', 'Zurück'])
})

const WRONG: readonly [name: string, content: string, sentence: RegExp][] = [
  ['fr.json', '{', /fr\.json: It is no JSON/],
  ['fr.json', '[]', /fr\.json: It is no JSON object/],
  ['fr.json', '{"common.nope":"x"}', /fr\.json: Nothing is called common\.nope/],
  ['fr.json', '{"common.back":" "}', /fr\.json: common\.back is empty/],
  ['fr.json', '{"mail.reset.subject":"a\\nBcc: b"}', /fr\.json: mail\.reset\.subject .*control characters/],
  ['fr.json', '{"time.days":{"other":"j","odd":"k"}}', /fr\.json: time\.days is neither a text/],
  ['fr.json', '{"sign_in.onward":"{who}"}', /fr\.json: sign_in\.onward has a place \{who\}/],
  ['french_.json', '{}', /french_\.json: A file is named after its language/],
  ['FR.json', '{}', /FR\.json: A file is named after its language/],
]
for (const [name, content, sentence] of WRONG) {
  test(`a language file ${name} of ${content} stops the start with what is wrong`, (t) => {
    const folder = folderWith(t, { [name]: content })
    assert.throws(() => openLook({ ...SETTINGS, languagesDir: folder }), isMistake(sentence))
  })
}

test('all mistakes are told at once', (t) => {
  const folder = folderWith(t, { 'fr.json': '{', 'it.json': '3', 'logo.gif': 'GIF89a' })
  const wrong = { ...SETTINGS, languagesDir: folder, brandLogo: join(folder, 'logo.gif') }
  assert.throws(() => openLook(wrong), isMistake(/fr\.json[^]*it\.json[^]*neither SVG nor PNG/))
})

test('a language, folder or file that is not there stops the start', () => {
  assert.throws(() => openLook({ ...SETTINGS, language: 'fr' }), isMistake(/POSTERN_LANGUAGE is fr.*en, de/))
  assert.throws(
    () => openLook({ ...SETTINGS, languagesDir: '/nowhere' }),
    isMistake(/POSTERN_LANGUAGES_DIR.*\/nowhere/),
  )
  assert.throws(() => openLook({ ...SETTINGS, brandLogo: '/nowhere.svg' }), isMistake(/POSTERN_BRAND_LOGO.*\/nowhere/))
})

test('the mark is told by its content, and no larger than 100 kB', (t) => {
  const folder = folderWith(t, {
    'a.png': '<?xml version="1.0"?>\n<!-- made by hand -->\n<svg xmlns="http://www.w3.org/2000/svg"/>',
    'b.svg': PNG,
    'c.svg': '<html><svg/></html>',
    'd.svg': `<svg>${' '.repeat(100_000)}</svg>`,
  })
  const typeOf = (name: string): string | undefined =>
    openLook({ ...SETTINGS, brandLogo: join(folder, name) }).logo?.contentType
  assert.deepEqual(['a.png', 'b.svg'].map(typeOf), ['image/svg+xml', 'image/png'])
  assert.throws(() => typeOf('c.svg'), isMistake(/neither SVG nor PNG/))
  assert.throws(() => typeOf('d.svg'), isMistake(/over 100 kB/))
})

test('the accent becomes a sheet of its own for light and dark, and the colours of buttons in mails', () => {
  const { style, mailAccent } = openLook({ ...SETTINGS, brandAccent: '#b3005e' })
  assert.match(style?.body.toString() ?? '', /^:root\{--accent:#b3005e;.*\n@media \(prefers-color-scheme:dark\)/)
  assert.deepEqual(mailAccent, { ground: '#b3005e', on: '#ffffff' })
  assert.equal(openLook(SETTINGS).style, null)
})

function isMistake(sentence: RegExp) {
  return (error: unknown): boolean =>
    error instanceof OperatorError && error.exitCode === 2 && sentence.test(error.message)
}

function folderWith(t: TestContext, files: Readonly<Record<string, string | Buffer>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'postern-look-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return folder
}
