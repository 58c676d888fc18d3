import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { configReference, environmentExample } from '../../src/commands/config.ts'
import { loadConfig } from '../../src/config/load.ts'
import { SECRETS } from '../../src/config/secrets.ts'
import { SETTINGS } from '../../src/config/settings.ts'

const ROOT = join(import.meta.dirname, '../..')

test('config/postern.env.example is what the table of settings gives', () => {
  assert.equal(readFileSync(join(ROOT, 'config/postern.env.example'), 'utf8'), environmentExample())
})

test('docs/settings.md is a heading and what `postern config reference` prints', () => {
  assert.equal(readFileSync(join(ROOT, 'docs/settings.md'), 'utf8'), `# Settings\n\n${configReference().text}\n`)
})

test('every line of the reference is one row of four cells', () => {
  for (const line of configReference().text.split('\n')) assert.equal(line.split('|').length, 6, line)
})

test('the example names every setting and changes nothing when its comment signs are taken away', () => {
  const lines = environmentExample()
    .split('\n')
    .filter((line) => line.startsWith('#POSTERN_'))
  const pairs = lines.map((line) => line.slice(1).split('=', 2))
  const names = [...Object.values(SETTINGS), ...Object.values(SECRETS)].map(({ name }) => name)
  assert.deepEqual(
    pairs.map(([name]) => name),
    names,
  )
  const readNothing = (): string => ''
  assert.deepEqual(
    loadConfig(Object.fromEntries(pairs) as Record<string, string>, readNothing),
    loadConfig({}, readNothing),
  )
})
