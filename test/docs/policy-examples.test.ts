import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { describeMistakes } from '../../src/policies/policy-file.ts'
import { readTestedPolicy } from '../../src/policies/run-tests.ts'

const PAGE = readFileSync(new URL('../../docs/policy.md', import.meta.url), 'utf8')

/** Around examples that are rules alone. */
const APP = `version: 1
roles: { staff: [], editor: [] }
apps:
  - name: example
    hosts: [app.example.com]
    rules:
`

const EXAMPLES = [...PAGE.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, text = '']) => ({
  text,
  line: PAGE.slice(0, PAGE.indexOf(text)).split('\n').length,
}))

for (const { text, line } of EXAMPLES) {
  test(`the example on line ${line} of the policy page is a policy whose tests pass`, async () => {
    const source = text.startsWith('version:') ? text : `${APP}${text.replaceAll(/^/gm, '      ')}`
    const read = await readTestedPolicy(source)
    assert.ok(!Array.isArray(read), Array.isArray(read) ? describeMistakes('policy.md', read) : '')
  })
}

test('the policy page has examples of whole policies with tests, and of rules', () => {
  assert.ok(EXAMPLES.length >= 10)
  assert.ok(EXAMPLES.filter(({ text }) => text.includes('tests:')).length >= 2)
  assert.ok(EXAMPLES.some(({ text }) => text.startsWith('- ')))
})
