import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { COMMON_DETAILS, EVENT_TYPES } from '../../src/audit/events.ts'
import type { EventKind } from '../../src/audit/events.ts'

const TEXT = readFileSync(join(import.meta.dirname, '../../docs/audit-events.md'), 'utf8')
const ROW = /^\| `(\w+)` \| (\w+) \| (\w+) \| (.+?) \| (.*?) ?\|$/gm

test('the list of events tells of each what it is, when it is written and what its details have', () => {
  const told = [...TEXT.matchAll(ROW)].map(([, type, action, about, when, details = '']) => {
    assert.match(when ?? '', /^[A-Z].{10,}\.$/, type)
    return [type, action, about, details.replaceAll('`', '')]
  })
  const kinds: [string, EventKind][] = Object.entries(EVENT_TYPES)
  const known = kinds.map(([type, { action, about, details }]) => [type, action, about, details.join(' ')])
  assert.deepEqual(told, known)
})

test('it tells of the details that any event may have', () => {
  for (const field of COMMON_DETAILS) assert.ok(TEXT.includes(`| \`${field}\` |`), field)
})
