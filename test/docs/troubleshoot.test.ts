import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { ERRORS } from '../../src/errors.ts'
import { readSources } from '../support/architecture.ts'
import { ROOT, readPage } from './fences.ts'

const PAGE = readPage('docs/troubleshoot.md')
const DOCTOR = readPage('docs/doctor.md')
const FIRST_CELL = /^\| (`\w+`(?: `\w+`)*)(?: and [^|]+)? \|/gm

/** What the tables of a section tell of, by its heading. */
function toldUnder(heading: string): string[] {
  const section = PAGE.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? ''
  return [...section.matchAll(FIRST_CELL)].flatMap(([, names = '']) => names.replaceAll('`', '').split(' '))
}

function textOf(file: string): string {
  return readSources(join(ROOT, 'src')).find(({ path }) => path === file)?.text ?? assert.fail(file)
}

test('every error code stands in the page for those who look for a fault, and no other', () => {
  assert.deepEqual(toldUnder('Error codes').sort(), Object.keys(ERRORS).sort())
})

test('every reason of a refusal stands there, and no other', () => {
  const text = textOf('policies/decision.ts') + textOf('lib/target.ts')
  const unions = [...text.matchAll(/export type (?:ForbidReason|RefuseReason|TargetFault) =\n([^]*?)\n\n/g)]
  const reasons = unions.flatMap(([, body = '']) => [...body.matchAll(/'(\w+)'/g)].map(([, reason = '']) => reason))
  assert.ok(reasons.length > 25)
  assert.deepEqual(toldUnder('Why something was forbidden or refused').sort(), [...new Set(reasons)].sort())
})

test('every fault that doctor finds stands there and on its own page', () => {
  const sources = readSources(join(ROOT, 'src')).filter(({ path }) => path.startsWith('doctor/'))
  const found = sources.flatMap(({ text }) =>
    [...text.matchAll(/\b(?:(?:wrong|look|unchecked)\(\s*|forgedFinding\(|id: )'(\w+)'/g)].map(([, id = '']) => id),
  )
  assert.ok(new Set(found).size > 30)
  assert.deepEqual(toldUnder('What `postern doctor` finds').sort(), [...new Set(found)].sort())
  for (const [, id = ''] of sources.flatMap(({ text }) => [...text.matchAll(/\bwrong\(\s*'(\w+)'/g)]))
    assert.ok(DOCTOR.includes(`\`${id}\``), id)
})
