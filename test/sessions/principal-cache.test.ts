import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createPrincipalCache } from '../../src/sessions/principal-cache.ts'
import { principal } from '../policies/fixture.ts'

const LIMITS = { maxEntries: 3, lifeMs: 60_000 }

test('the cache gives back what was set, until it is dropped by sign-in or all at once', () => {
  const cache = createPrincipalCache(LIMITS)
  const [alice, bob] = [principal('a', []), principal('b', [])]
  const now = performance.now()
  cache.set('t1', alice, now)
  cache.set('t2', alice, now)
  cache.set('t3', bob, now)
  cache.dropSignIn(alice.signInId)
  assert.deepEqual([cache.get('t1'), cache.get('t2'), cache.get('t3')], [undefined, undefined, bob])
  cache.clear()
  assert.deepEqual([cache.get('t3'), cache.size], [undefined, 0])
})

test('the cache holds no more than it may, and forgets what was longest unused', () => {
  const cache = createPrincipalCache(LIMITS)
  for (const token of ['1', '2', '3']) cache.set(token, principal(token, []), performance.now())
  cache.get('1')
  cache.set('4', principal('4', []), performance.now())
  assert.deepEqual([cache.size, cache.get('2'), cache.get('1')?.login], [3, undefined, '1'])
})

test('whatever is set, replaced, forgotten and dropped, a dropped sign-in is never found again', () => {
  const tokens = fc.constantFrom('1', '2', '3', '4', '5')
  const step = fc.record({ token: tokens, person: fc.constantFrom('a', 'b', 'c'), drops: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const cache = createPrincipalCache(LIMITS)
      for (const { token, person, drops } of steps) {
        const who = principal(person, [])
        if (!drops) cache.set(token, who, performance.now())
        else {
          cache.dropSignIn(who.signInId)
          for (const each of ['1', '2', '3', '4', '5']) assert.notEqual(cache.get(each)?.signInId, who.signInId)
        }
        assert.ok(cache.size <= LIMITS.maxEntries)
      }
    }),
  )
})
