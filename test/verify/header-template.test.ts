import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Principal } from '../../src/lib/principal.ts'
import { PLACEHOLDERS } from '../../src/policies/header-rules.ts'
import { prepareTemplate, visitorText } from '../../src/verify/header-template.ts'
import { ROLES, visitor } from './visitor.ts'

function write(template: string, facts: Parameters<typeof visitor>[0] = {}): string {
  return prepareTemplate(template, 'percent-utf8', 's3cret')(visitorText(visitor(facts), ROLES))
}

test('each placeholder stands for what is known of the visitor', () => {
  const facts = { roles: ['writer', 'staff'], factors: { totp: 2, password: 1 } }
  const all = PLACEHOLDERS.map((known) => write(`{${known}}`, facts))
  assert.deepEqual(all, [
    'alice',
    'alice@example.com',
    'Alice',
    'writer,staff',
    'wiki:read,wiki:write',
    '00000000-0000-4000-8000-00000000a11c',
    'password,totp',
  ])
})

test('roles that the policy dropped are not told, nor what they once permitted', () => {
  const roles = ['gone', 'staff', '__proto__', 'constructor']
  assert.equal(write('{roles};{permissions}', { roles }), 'staff;wiki:read')
})

test('{basic} is the login and the password of the settings, which may be empty', () => {
  assert.equal(write('{basic}'), `Basic ${Buffer.from('alice:s3cret').toString('base64')}`)
  const withoutPassword = prepareTemplate('{basic}', 'base64', '')(visitorText(visitor(), ROLES))
  assert.equal(withoutPassword, `Basic ${Buffer.from('alice:').toString('base64')}`)
})

test('the whole value is encoded, so that an app has one way to read it', () => {
  assert.equal(write('100% {name}', { name: 'Zoë' }), '100%25 Zo%C3%AB')
  const inBase64 = prepareTemplate('n={name}', 'base64', '')(visitorText(visitor({ name: 'Zoë' }), ROLES))
  assert.equal(Buffer.from(inBase64, 'base64').toString(), 'n=Zoë')
})

test('what a visitor calls himself is never read as a template', () => {
  fc.assert(
    fc.property(fc.constantFrom(...PLACEHOLDERS, 'basic'), (known) => {
      assert.equal(write('{name}', { name: `{${known}}` }), `{${known}}`)
    }),
  )
})

test('a template that was not checked throws instead of telling something else', () => {
  for (const template of ['', '{nobody}', 'x\r\n{login}']) assert.throws(() => write(template), /unchecked template/)
})

test('a principal that is none throws instead of being told as nobody', () => {
  const rubbish: readonly unknown[] = [
    { login: undefined },
    { login: null },
    { userId: undefined },
    { email: 7 },
    { name: {} },
    { roles: 'staff' },
  ]
  for (const facts of rubbish) assert.throws(() => write('{login}', facts as Partial<Principal>), TypeError)
})
