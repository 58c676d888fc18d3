import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OriginalRequest } from '../../src/lib/original-request.ts'
import type { CompiledPolicy } from '../../src/policies/compile.ts'
import type { SignInReason } from '../../src/policies/decision.ts'
import { createSettle } from '../../src/verify/verdict.ts'
import type { Settle } from '../../src/verify/verdict.ts'
import { appWith, asObject, ROLES, RULE, visitor } from './visitor.ts'

const ORIGINAL = {
  method: 'GET',
  scheme: 'https',
  host: { name: 'wiki.example.com', port: null },
  target: { path: '/a', query: '?b' },
  clientAddress: '203.0.113.7',
  navigation: true,
  appName: null,
  aliases: [],
} as unknown as OriginalRequest
const PRINCIPAL = visitor()

function settling(): Settle {
  const policy = { roles: ROLES } as unknown as CompiledPolicy
  const source = { basicPassword: '', signAssertion: () => 'a.b.c' }
  return createSettle(() => policy, source)
}

function signIn(reason: SignInReason) {
  return { kind: 'sign_in', app: appWith(), rule: RULE, reason, principal: PRINCIPAL } as const
}

test('an allow is told in the app’s own headers', () => {
  const settle = settling()
  const app = appWith({ headers: new Map([['X-WEBAUTH-USER', '{login}']]), assertion: true })
  const { decision, parts } = settle({ kind: 'allow', app, rule: RULE, principal: PRINCIPAL }, ORIGINAL)
  assert.equal(decision.kind, 'allow')
  const told = asObject(parts.identity)
  assert.deepEqual([told['X-WEBAUTH-USER'], told['X-Postern-Assertion']], ['alice', 'a.b.c'])
})

test('who is signed in is sent to the start with what is to be proven, nobody else is', () => {
  const settle = settling()
  const start = 'https://wiki.example.com/.postern/start?rd=%2Fa%3Fb'
  assert.equal(settle(signIn('nobody'), ORIGINAL).parts.startUrl, start)
  assert.equal(settle(signIn('too_long_ago'), ORIGINAL).parts.startUrl, `${start}&prove=again`)
  assert.equal(settle(signIn('second_factor'), ORIGINAL).parts.startUrl, `${start}&prove=second_factor`)
})

test('an identity that is too large is a forbid that names app and rule, and tells the app nothing', () => {
  const settle = settling()
  const principal = visitor({ name: 'x'.repeat(5_000) })
  const { decision, parts } = settle({ kind: 'allow', app: appWith(), rule: RULE, principal }, ORIGINAL)
  assert.deepEqual([decision.kind, 'reason' in decision && decision.reason], ['forbid', 'identity_too_large'])
  assert.deepEqual(parts.identity, [])
  assert.deepEqual('rule' in decision && [decision.app?.name, decision.rule?.number], ['wiki', 3])
})

test('HDR-11: whatever is not an allow carries no identity', () => {
  const settle = settling()
  const forbid = { kind: 'forbid', reason: 'no_rule', app: appWith(), rule: null, principal: PRINCIPAL } as const
  const denials = [signIn('nobody'), signIn('second_factor'), forbid, { kind: 'refuse', reason: 'bad_host' }] as const
  for (const decision of denials) assert.deepEqual(settle(decision, ORIGINAL).parts.identity, [])
  assert.deepEqual(settle({ kind: 'fault' }, null).parts.identity, [])
})
