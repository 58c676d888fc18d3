import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { readPage, ROOT } from './fences.ts'

const ROWS = readPage('docs/threat-model.md')
  .split('\n')
  .filter((line) => line.startsWith('| '))
const FILES = /`((?:test|src|bench|docs)\/[^`\s]+)`/g

suite('the threat model', () => {
  test('names tests and files that there are', () => {
    const files = ROWS.flatMap((row) => filesIn(row))
    assert.ok(files.length > 60)
    for (const file of files) assert.ok(existsSync(join(ROOT, file)), file)
  })

  test('names cases that stand in one of the tests beside them', () => {
    for (const row of ROWS) {
      const [, family] = /\b([A-Z]{2,6})(?:-\d\d)?(?: and [A-Z]+)? cases?: /.exec(row) ?? []
      if (family === undefined) continue
      const texts = filesIn(row)
        .filter((file) => file.endsWith('.ts'))
        .map((file) => readFileSync(join(ROOT, file), 'utf8'))
      assert.ok(
        texts.some((text) => new RegExp(`\\b${family}-\\d\\d|'${family}: `).test(text)),
        row,
      )
    }
  })

  test('says of each threat what shows that it is held, or that nothing holds it', () => {
    const threats = ROWS.filter((row) => row.split(' | ').length === 4 && !row.startsWith('| threat |'))
    assert.ok(threats.length > 30)
    for (const row of threats) assert.ok(filesIn(row).length > 0 || /\| nothing: |\]\(/.test(row), row)
  })
})

function filesIn(row: string): string[] {
  return [...row.matchAll(FILES)].map(([, file = '']) => file)
}
