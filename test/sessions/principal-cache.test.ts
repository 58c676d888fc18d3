import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createPrincipalCache } from '../../src/sessions/principal-cache.ts'
import type { Known } from '../../src/sessions/principal-cache.ts'
import { createTrail, mergeShown } from '../../src/sessions/trail.ts'
import { usedMemory } from '../support/memory.ts'

const LIMITS = { maxEntries: 100, lifeMs: 60_000 }
const always = (): boolean => true

test('whatever tokens a name has, all that are void go and no others', () => {
  for (const tokens of [1, 2, 3]) {
    const cache = createPrincipalCache(LIMITS)
    for (let token = 0; token < tokens; token++) cache.set(`mine${token}`, known('me', `sign-in${token}`))
    cache.set('other', known('other', 'another sign-in'))
    cache.dropNamed('me', () => false)
    assert.equal(cache.size, tokens + 1)
    cache.dropNamed('sign-in0', always)
    assert.equal(cache.get('mine0'), undefined)
    assert.equal(cache.size, tokens)
    cache.dropNamed('me', always)
    assert.equal(cache.size, 1)
    assert.notEqual(cache.get('other'), undefined)
  }
})

test('a token that is set again, for somebody else or the same, is found by its new names alone', () => {
  const cache = createPrincipalCache(LIMITS)
  cache.set('token', known('me', 'first'))
  cache.set('token', known('me', 'first'))
  cache.set('token', known('you', 'second'))
  cache.dropNamed('me', always)
  cache.dropNamed('first', always)
  assert.equal(cache.get('token')?.principal.userId, 'you')
  cache.dropNamed('second', always)
  assert.equal(cache.size, 0)
})

test('what was pushed out for want of room leaves no name behind', () => {
  const cache = createPrincipalCache({ maxEntries: 2, lifeMs: 60_000 })
  for (let token = 0; token < 5; token++) cache.set(`token${token}`, known('me', `sign-in${token}`))
  let asked = 0
  cache.dropNamed('me', () => ++asked < 0)
  assert.equal(asked, 2)
})

test('to end the sign-ins of one person nobody else is looked at', () => {
  const cache = createPrincipalCache({ maxEntries: 10_000, lifeMs: 60_000 })
  for (let token = 0; token < 10_000; token++) cache.set(`token${token}`, known(`user${token % 5_000}`, `s${token}`))
  let asked = 0
  cache.dropNamed('user7', () => ++asked > 0)
  assert.equal(asked, 2)
  assert.equal(cache.size, 9_998)
})

test('entries share one list of roles, and each keeps its own', () => {
  const cache = createPrincipalCache({ maxEntries: 3_000, lifeMs: 60_000 })
  cache.set('one', known('me', 'a', ['staff', 'wiki']))
  cache.set('two', known('you', 'b', ['staff', 'wiki']))
  cache.set('three', known('them', 'c', ['staff']))
  assert.equal(cache.get('one')?.principal.roles, cache.get('two')?.principal.roles)
  assert.deepEqual(cache.get('three')?.principal.roles, ['staff'])
  for (let kind = 0; kind < 2_500; kind++) cache.set(`of${kind}`, known(`u${kind}`, `s${kind}`, [`role${kind}`]))
  assert.deepEqual(cache.get('of0')?.principal.roles, ['role0'])
  assert.deepEqual(cache.get('of2499')?.principal.roles, ['role2499'])
  assert.deepEqual(cache.get('one')?.principal.roles, ['staff', 'wiki'])
})

test('entries share what they were used from alike, and one that moves takes nobody along', () => {
  const cache = createPrincipalCache(LIMITS)
  const used = (token: string, network: string) => {
    const shown = { networks: [network], devices: ['firefox'], moves: [] }
    return cache.set(token, { ...known(token, `sign-in ${token}`), trail: createTrail(shown) }).trail
  }
  const [one, two, far] = [used('one', 'office'), used('two', 'office'), used('far', 'home')]
  assert.ok(one !== undefined && two !== undefined && far !== undefined)
  assert.notEqual(one, two)
  assert.equal(one.networks, two.networks)
  assert.equal(one.devices, far.devices)
  mergeShown(one, { networks: ['train'], devices: ['telephone'], moves: ['train telephone'] })
  assert.deepEqual([two.networks, two.devices, two.moves], [['office'], ['firefox'], []])
  assert.deepEqual(far.networks, ['home'])
})

test('tokens of one sign-in share one principal for as long as it is the same, and nobody else does', () => {
  const cache = createPrincipalCache(LIMITS)
  const first = known('me', 'a', ['staff'])
  const app = { ...known('me', 'a', ['staff']), host: 'app.example.com', snapshot: '5:5:' }
  const raised = { ...first, principal: { ...first.principal, factors: { password: 1, totp: 2 } } }
  const entries = { portal: first, app, raised, other: known('me', 'b', ['staff']) }
  for (const [token, each] of Object.entries(entries)) cache.set(token, each)
  for (const [token, each] of Object.entries(entries)) assert.deepEqual(cache.get(token), each)
  assert.equal(cache.get('portal')?.principal, cache.get('app')?.principal)
  cache.dropNamed('a', (snapshot) => snapshot === '5:5:')
  assert.deepEqual([cache.get('app'), cache.get('portal')], [undefined, first])
})

test('a token that goes by itself leaves the others of its sign-in to be found by the user', () => {
  const cache = createPrincipalCache({ maxEntries: 3, lifeMs: 60_000 })
  for (const token of ['1', '2', '3']) cache.set(token, known('me', 'mine'))
  cache.set('4', known('other', 'another'))
  cache.dropNamed('me', always)
  assert.deepEqual([cache.get('2'), cache.get('3'), cache.size], [undefined, undefined, 1])
})

test('the end of one sign-in leaves the others of that person, whom all of them still name', () => {
  const cache = createPrincipalCache(LIMITS)
  for (const token of ['1', '2', '3', '4']) cache.set(token, known('me', Number(token) > 2 ? 'late' : 'early'))
  cache.dropNamed('early', always)
  assert.deepEqual([cache.get('1'), cache.get('2'), cache.size], [undefined, undefined, 2])
  cache.dropNamed('me', always)
  assert.equal(cache.size, 0)
})

test('the cache gives back what was set, until all is cleared', () => {
  const cache = createPrincipalCache(LIMITS)
  cache.set('t1', known('a', 'one'))
  cache.set('t2', known('b', 'two'))
  assert.deepEqual([cache.get('t1'), cache.get('t2')], [known('a', 'one'), known('b', 'two')])
  cache.clear()
  assert.deepEqual([cache.get('t2'), cache.size], [undefined, 0])
})

test('an entry does not hold on to the Cookie header that its token was cut out of', () => {
  const cache = createPrincipalCache({ maxEntries: 1_000, lifeMs: 60_000 })
  const before = usedMemory()
  for (let entry = 0; entry < 1_000; entry++) {
    const header = Buffer.from(`${'x'.repeat(20_000)}the token of entry ${entry}`).toString()
    cache.set(header.slice(20_000), known(`user${entry}`, `sign-in${entry}`))
  }
  assert.ok(usedMemory() - before < 5_000_000)
  assert.equal(cache.size, 1_000)
})

test('the cache holds no more than it may, and forgets what was longest unused', () => {
  const cache = createPrincipalCache({ maxEntries: 3, lifeMs: 60_000 })
  for (const token of ['1', '2', '3']) cache.set(token, known(token, `of${token}`))
  cache.get('1')
  cache.set('4', known('4', 'of4'))
  assert.deepEqual([cache.size, cache.get('2'), cache.get('1')?.principal.login], [3, undefined, '1'])
})

test('whatever is set, replaced, forgotten and dropped, a dropped name is never found again', () => {
  const tokens = ['1', '2', '3', '4', '5']
  const step = fc.record({
    token: fc.constantFrom(...tokens),
    person: fc.constantFrom('a', 'b', 'c'),
    drops: fc.constantFrom('nobody', 'user', 'sign-in'),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
      const cache = createPrincipalCache({ maxEntries: 3, lifeMs: 60_000 })
      for (const { token, person, drops } of steps) {
        if (drops === 'nobody') cache.set(token, known(person, `of ${person}`))
        else {
          cache.dropNamed(drops === 'user' ? person : `of ${person}`, always)
          for (const each of tokens) assert.notEqual(cache.get(each)?.principal.userId, person)
        }
        assert.ok(cache.size <= 3)
      }
    }),
  )
})

function known(userId: string, signInId: string, roles: readonly string[] = []): Known {
  const about = { login: userId, email: `${userId}@example.com`, name: userId, factors: {}, absoluteExpiresAt: 0 }
  return { principal: { userId, signInId, roles, ...about }, host: null, snapshot: '1:1:', readAt: 0 }
}
