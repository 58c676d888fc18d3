import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { LIVE_CODES } from '../../src/admin/live-connections.ts'
import { LIVE_TYPES } from '../../src/admin/live-events.ts'

const TEXT = readFileSync(join(import.meta.dirname, '../../docs/live-events.md'), 'utf8')

test('docs/live-events.md tells of every type and what it takes', () => {
  const told = [...TEXT.matchAll(/^\| `(\w+)` \| `(postern\.[\w:]+)` \| .+ \|$/gm)].map(([, type, wanted]) => [
    type,
    wanted,
  ])
  assert.deepEqual(told, Object.entries(LIVE_TYPES))
})

test('docs/live-events.md tells of every code that a connection is closed with', () => {
  const told = [...TEXT.matchAll(/^\| (\d{4}) \| `(\w+)` \| .+\. \|$/gm)].map(([, code, name]) => [name, Number(code)])
  const known = Object.entries(LIVE_CODES).toSorted(([, one], [, other]) => one - other)
  assert.deepEqual(told, known)
})
