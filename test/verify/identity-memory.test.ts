import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AppIdentity } from '../../src/policies/policy.ts'
import { createTell } from '../../src/verify/identity-memory.ts'
import type { Tell } from '../../src/verify/identity-memory.ts'
import { appWith, asObject, ROLES, visitor } from './visitor.ts'

interface Bench {
  readonly tell: Tell
  readonly signed: () => number
  /** Lets time pass, or goes back in it. */
  readonly wait: (ms: number) => void
  readonly use: (roles: ReadonlyMap<string, readonly string[]>) => void
}

function bench(): Bench {
  let nowMs = 1_700_000_000_000
  let signed = 0
  let policy = { roles: ROLES }
  const signAssertion = (): string => `assertion ${++signed}`
  return {
    tell: createTell({ policy: () => policy, basicPassword: '', signAssertion, now: () => nowMs }),
    signed: () => signed,
    wait: (ms) => void (nowMs += ms),
    use: (roles) => void (policy = { roles }),
  }
}

test('a known visitor is told the very same list again, each app its own', () => {
  const { tell } = bench()
  const alice = visitor()
  const wiki = appWith()
  const webauth = appWith({ headers: new Map([['X-WEBAUTH-USER', '{login}']]) })
  const told = tell(wiki, alice)
  assert.notEqual(told, null)
  assert.equal(tell(wiki, alice), told)
  assert.equal(asObject(tell(webauth, alice))['X-WEBAUTH-USER'], 'alice')
  assert.equal(tell(wiki, alice), told)
  assert.notEqual(tell(wiki, visitor({ login: 'bob' })), told)
})

test('a new policy is told at once, and nothing of the old one', () => {
  const { tell, use } = bench()
  const wiki = appWith({ headers: new Map([['X-Permissions', '{permissions}']]) })
  const alice = visitor({ roles: ['staff', 'writer'] })
  assert.equal(asObject(tell(wiki, alice))['X-Permissions'], 'wiki:read,wiki:write')
  use(new Map([['staff', ['wiki:print']]]))
  assert.equal(asObject(tell(wiki, alice))['X-Permissions'], 'wiki:print')
  assert.equal(asObject(tell(wiki, alice))['Remote-Groups'], 'staff')
})

test('an assertion serves 40 s, then one more is signed', () => {
  const { tell, signed, wait } = bench()
  const alice = visitor()
  const wiki = appWith({ assertion: true })
  const assertion = (): string => asObject(tell(wiki, alice))['X-Postern-Assertion'] ?? ''
  assert.equal(assertion(), 'assertion 1')
  wait(39_999)
  for (let asked = 0; asked < 100; asked++) assert.equal(assertion(), 'assertion 1')
  wait(1)
  for (let asked = 0; asked < 100; asked++) assert.equal(assertion(), 'assertion 2')
  assert.equal(signed(), 2)
})

test('a clock that was set back makes a new assertion, once', () => {
  const { tell, signed, wait } = bench()
  const alice = visitor()
  const wiki = appWith({ assertion: true })
  tell(wiki, alice)
  wait(-3_600_000)
  assert.equal(asObject(tell(wiki, alice))['X-Postern-Assertion'], 'assertion 2')
  tell(wiki, alice)
  assert.equal(signed(), 2)
})

test('nothing is signed for nobody, nor for an app that asks for no assertion', () => {
  const { tell, signed } = bench()
  assert.equal(asObject(tell(appWith({ assertion: true }), null))['X-Postern-Assertion'], '')
  tell(appWith(), visitor())
  assert.equal(signed(), 0)
})

test('what is too large is found out once for each visitor', () => {
  const { tell, signed } = bench()
  const identity: Partial<AppIdentity> = { assertion: true }
  const wiki = appWith(identity)
  const loud = visitor({ name: 'x'.repeat(5_000) })
  assert.equal(tell(wiki, loud), null)
  assert.equal(tell(wiki, loud), null)
  assert.equal(signed(), 1)
  assert.notEqual(tell(wiki, visitor()), null)
})
