import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { IDENTITY_HEADERS } from '../../src/policies/header-rules.ts'
import type { AppIdentity } from '../../src/policies/policy.ts'
import { MAX_IDENTITY_BYTES, prepareHeaders } from '../../src/verify/identity-headers.ts'
import type { AppHeaders } from '../../src/verify/identity-headers.ts'
import { appWith, asObject, ROLES, visitor } from './visitor.ts'

const SOURCE = { basicPassword: 's3cret', signAssertion: () => 'a.b.c' }
const EMPTY = Object.fromEntries(IDENTITY_HEADERS.map((name) => [name, '']))

function prepare(identity: Partial<AppIdentity> = {}): AppHeaders {
  return prepareHeaders(SOURCE, appWith(identity), ROLES)
}

test('HDR-10: the whole list is told of somebody', () => {
  assert.deepEqual(asObject(prepare().of(visitor(), 0)), {
    'Remote-User': 'alice',
    'Remote-Email': 'alice@example.com',
    'Remote-Name': 'Alice',
    'Remote-Groups': 'staff',
    'Remote-User-Id': '00000000-0000-4000-8000-00000000a11c',
  })
})

test('HDR-05: of nobody the whole list is told empty, templates with literal text, {basic} and assertion too', () => {
  assert.deepEqual(asObject(prepare().nobody), EMPTY)
  const headers = new Map([
    ['X-WEBAUTH-USER', 'user={login}'],
    ['Authorization', '{basic}'],
  ])
  const told = asObject(prepare({ headers, assertion: true }).nobody)
  assert.deepEqual(told, { ...EMPTY, 'X-WEBAUTH-USER': '', Authorization: '', 'X-Postern-Assertion': '' })
})

test('an app gets its own headers as its policy spells them, after the usual ones', () => {
  const headers = new Map([
    ['X-WEBAUTH-USER', 'u={login}'],
    ['authorization', '{basic}'],
  ])
  const told = prepare({ headers }).of(visitor(), 0)
  const basic = `Basic ${Buffer.from('alice:s3cret').toString('base64')}`
  assert.deepEqual(told?.slice(-4), ['X-WEBAUTH-USER', 'u=alice', 'authorization', basic])
})

test('the charset holds for the usual headers and the own ones alike, but not for Authorization and assertion', () => {
  const headers = new Map([
    ['X-Full-Name', '{name}!'],
    ['Authorization', '{basic}'],
  ])
  const told = asObject(prepare({ headers, charset: 'base64', assertion: true }).of(visitor({ name: 'Zoë' }), 0))
  assert.equal(Buffer.from(told['Remote-Name'] ?? '', 'base64').toString(), 'Zoë')
  assert.equal(Buffer.from(told['Remote-User'] ?? '', 'base64').toString(), 'alice')
  assert.equal(Buffer.from(told['X-Full-Name'] ?? '', 'base64').toString(), 'Zoë!')
  assert.match(told['Authorization'] ?? '', /^Basic /)
  assert.equal(told['X-Postern-Assertion'], 'a.b.c')
  const folded = asObject(prepare({ headers, charset: 'ascii-fold' }).of(visitor({ name: 'Zoë' }), 0))
  assert.deepEqual([folded['Remote-Name'], folded['X-Full-Name']], ['Zoe', 'Zoe!'])
})

test('an app that asks for no assertion gets no header of that name', () => {
  assert.ok(!('X-Postern-Assertion' in asObject(prepare().of(visitor(), 0))))
})

test('without a key the assertion is empty and nothing ages', () => {
  const app = prepareHeaders({ basicPassword: '', signAssertion: null }, appWith({ assertion: true }), ROLES)
  assert.equal(asObject(app.of(visitor(), 0))['X-Postern-Assertion'], '')
  assert.equal(app.isSigned, false)
})

test('HDR-13: no name, however odd, adds a header or leaves printable ASCII', () => {
  const headers = new Map([['X-Full', '<{name}> {email}']])
  const apps = (['percent-utf8', 'ascii-fold', 'base64'] as const).map((charset) => prepare({ charset, headers }))
  fc.assert(
    fc.property(fc.constantFrom(...apps), fc.string({ unit: 'binary', maxLength: 100 }), (app, name) => {
      const told = app.of(visitor({ name, email: name }), 0)
      assert.equal(told?.length, 2 * (IDENTITY_HEADERS.length + 1))
      for (const text of told ?? []) assert.match(text, /^[\x20-\x7e]*$/)
    }),
    { numRuns: 2_000 },
  )
})

test('4 KiB are told, one byte more is not, names and assertion counted', () => {
  const app = prepare({ assertion: true })
  const sizeOf = (name: string): number => app.of(visitor({ name }), 0)?.join('').length ?? -1
  const room = MAX_IDENTITY_BYTES - sizeOf('')
  assert.equal(sizeOf('x'.repeat(room)), MAX_IDENTITY_BYTES)
  assert.equal(sizeOf('x'.repeat(room + 1)), -1)
})

test('a list of names that is too large by itself is told of nobody either', () => {
  const headers = new Map(Array.from({ length: 80 }, (_, place) => [`X-${'a'.repeat(50)}-${place}`, '{login}']))
  assert.equal(prepare({ headers }).nobody, null)
})
