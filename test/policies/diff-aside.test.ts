import assert from 'node:assert/strict'
import { test } from 'node:test'
import { diffSourcesAside } from '../../src/policies/diff-aside.ts'
import { diffSources } from '../../src/policies/diff-sources.ts'

/** As many rules as make a text that is compared in a thread. */
const MANY = 2_000

function policyOf(count: number, named: string): string {
  const rules = Array.from({ length: count }, (_, place) => `      - { path: /p${place}/${named}, require: {} }\n`)
  return `version: 1\nroles: {}\napps:\n  - name: app\n    hosts: [app.example.com]\n    rules:\n${rules.join('')}`
}

test('large policies are compared in a thread as small ones are here', async () => {
  for (const count of [3, MANY]) {
    const from = { name: 'before', text: policyOf(count, 'a') }
    const to = { name: 'after', text: policyOf(count, 'a').replace('/p1/a', '/p1/b') }
    const difference = await diffSourcesAside(from, to)
    assert.deepEqual(difference, diffSources(from, to))
    assert.deepEqual([difference.differences?.length, difference.lines?.includes('+      - { path: /p1/b')], [2, true])
  }
})
