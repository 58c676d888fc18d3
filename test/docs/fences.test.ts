import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { suite, test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { SECRETS } from '../../src/config/secrets.ts'
import { SETTINGS } from '../../src/config/settings.ts'
import { describeMistakes } from '../../src/policies/policy-file.ts'
import { readTestedPolicy } from '../../src/policies/run-tests.ts'
import { createCommandLookup } from '../support/cli-help.ts'
import { fencesOf, listPages, posternLines, readPage } from './fences.ts'
import type { Fence } from './fences.ts'
import { createNginxCheck } from './nginx-blocks.ts'

/** What a reader's browser and the checks below know. */
const LANGUAGES = new Set(
  'sh yaml nginx json text mermaid promql js python html ini caddyfile haproxy apache sql toml php dockerfile'.split(
    ' ',
  ),
)
/** Words of proxies' configurations, and of the tests. */
const NOT_SETTINGS = new Set(['POSTERN_APP', 'POSTERN_GATEWAY', 'POSTERN_HEADERS', 'POSTERN_TEST_LONG'])

const PAGES = listPages()
const FENCES = PAGES.flatMap(fencesOf)
const CHECKED = FENCES.filter(({ example }) => example === null)

suite('blocks of code in the documentation', () => {
  test('all say what language they are in, and an example says why it is only that', () => {
    for (const fence of FENCES) assert.ok(LANGUAGES.has(fence.language), `${placeOf(fence)}: "${fence.language}"`)
    for (const fence of FENCES) assert.ok(fence.example === null || fence.example.length > 9, placeOf(fence))
    const marks = PAGES.flatMap((page) => [...readPage(page).matchAll(/^<!-- (?:example|run|file)\b.*-->$/gm)])
    assert.equal(marks.length, FENCES.filter(({ example, file, run }) => run || (example ?? file) !== null).length)
  })

  test('a shell reads those for a shell', () => {
    for (const fence of blocksIn('sh')) execFileSync('bash', ['-n'], { input: fence.text, stdio: 'pipe' })
  })

  test('commands in them, and their options, are there', async () => {
    const { mistakesOf } = createCommandLookup()
    const mistakes: string[] = []
    for (const fence of blocksIn('sh'))
      for (const line of posternLines(fence.text))
        mistakes.push(...(await mistakesOf(line)).map((mistake) => `${placeOf(fence)}: ${mistake}`))
    assert.deepEqual(mistakes, [])
    assert.ok(blocksIn('sh').flatMap(({ text }) => posternLines(text)).length > 50)
  })

  test('policies in them are whole, and their tests pass', async () => {
    for (const fence of blocksIn('yaml').filter(({ text }) => /^version: 1$/m.test(text))) {
      const read = await readTestedPolicy(fence.text)
      assert.ok(!Array.isArray(read), Array.isArray(read) ? describeMistakes(placeOf(fence), read) : '')
    }
  })

  test('other YAML and JSON can be read', () => {
    for (const fence of blocksIn('yaml'))
      for (const document of parseAllDocuments(fence.text)) assert.deepEqual(document.errors, [], placeOf(fence))
    for (const fence of blocksIn('json').filter(({ text }) => !text.includes('…'))) {
      assert.doesNotThrow(() => JSON.parse(fence.text) as unknown, placeOf(fence))
    }
  })

  test('nginx takes those that are for nginx', async (t) => {
    const complaintOf = await createNginxCheck(t)
    for (const fence of blocksIn('nginx')) assert.equal(await complaintOf(fence.text), '', placeOf(fence))
  })
})

test('the pages name settings that there are', () => {
  const known = new Set<string>([...Object.values(SETTINGS), ...Object.values(SECRETS)].map(({ name }) => name))
  const isKnown = (name: string): boolean =>
    known.has(name) || NOT_SETTINGS.has(name) || (name.endsWith('_FILE') && known.has(name.slice(0, -'_FILE'.length)))
  for (const page of PAGES)
    for (const [name] of readPage(page).matchAll(/POSTERN_[A-Z][A-Z_]*[A-Z]/g))
      assert.ok(isKnown(name), `${page}: ${name}`)
})

function blocksIn(language: string): Fence[] {
  return CHECKED.filter((fence) => fence.language === language)
}

function placeOf({ page, line }: Fence): string {
  return `${page}:${line}`
}
