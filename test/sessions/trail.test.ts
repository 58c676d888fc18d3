import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MAX_SHOWN, withShown } from '../../src/sessions/trail.ts'

test('of what a sign-in has shown the first stays, and of the others the latest', () => {
  const items = fc.array(fc.string({ maxLength: 2 }), { minLength: 1, maxLength: 40 })
  const property = fc.property(items, (all) => {
    const shown = all.reduce<readonly string[]>(withShown, [])
    assert.ok(shown.length <= MAX_SHOWN && new Set(shown).size === shown.length)
    assert.equal(shown[0], all[0])
    assert.ok(shown.includes(all.at(-1) ?? ''))
  })
  fc.assert(property)
  const shown = Array.from({ length: 20 }, (_, place) => `n${place}`).reduce<readonly string[]>(withShown, [])
  assert.deepEqual(shown, ['n0', 'n13', 'n14', 'n15', 'n16', 'n17', 'n18', 'n19'])
})
