import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  doubledHeaderMistake,
  headerMistake,
  IDENTITY_HEADERS,
  identityNames,
  PLACEHOLDERS,
  readTemplate,
} from '../../src/policies/header-rules.ts'

const TAKEN = `Host Cookie Set-Cookie Connection Keep-Alive Proxy-Authorization Proxy-Connection Proxy TE Trailer
  Transfer-Encoding Upgrade Expect Content-Length Content-Type Content-Anything X-Forwarded-For X-Forwarded-User
  X-Original-URI X-Original-Anything Sec-Fetch-Site Sec-Anything X-Postern-Assertion X-Postern-User X-Postern-Location
  X-Real-IP X-Rewrite-URL X-Http-Method-Override Forwarded Location WWW-Authenticate X-Accel-Redirect
  X-Envoy-Auth-Headers-To-Remove Range If-None-Match Status Cache-Control Accept-Encoding Origin Referer User-Agent
  Access-Control-Allow-Origin Remote-User Remote-Groups`.split(/\s+/)

test('a name that proxies, servers or every app already give a meaning is refused in any letter case', () => {
  for (const name of TAKEN) {
    for (const spelt of [name, name.toLowerCase(), name.toUpperCase()]) {
      assert.notEqual(headerMistake(spelt, '{login}'), null, spelt)
      assert.notEqual(headerMistake(spelt, '{basic}'), null, spelt)
    }
  }
})

test('names that legacy apps wait for are taken', () => {
  for (const name of [
    'X-WEBAUTH-USER',
    'X-Auth-User',
    'X-Token-Subject',
    'Remote-Roles',
    'X-Remote-User',
    'REMOTE',
    'x1',
  ]) {
    assert.equal(headerMistake(name, '{login}'), null, name)
  }
})

test('HDR-02: a name that an app could take for another one is no name here', () => {
  const names = [
    'Remote_User',
    'X_User',
    'X--User',
    'X.User',
    '-User',
    'User-',
    '',
    '1-User',
    'X User',
    'X:User',
    'Zoë',
  ]
  for (const name of [...names, 'X-User\r\nY', `X-${'a'.repeat(63)}`]) {
    assert.match(headerMistake(name, '{login}') ?? '', /can't be a header's name/, name)
  }
})

test('whatever name is taken is a name that folds to itself in small letters', () => {
  const unit = fc.constantFrom('a', 'R', 'e', '-', '_', '.', '1', ' ', ':', '\r', '\0', 'é')
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 12 }), (name) => {
      if (headerMistake(name, '{login}') !== null) return
      const headers = new Map([[name, '{login}']])
      const names = identityNames({ identity: { headers, charset: 'base64', assertion: false } })
      assert.ok(names.has(name.toLowerCase()))
    }),
    { numRuns: 2_000 },
  )
})

test('templates of known placeholders and ASCII around them are taken', () => {
  const templates = ['user={login}; roles={roles}', '{name} <{email}>', 'uid:{id}%', '{login}{login}', '{factors}']
  for (const template of [...PLACEHOLDERS.map((known) => `{${known}}`), ...templates]) {
    assert.equal(headerMistake('X-User', template), null, template)
  }
})

test('a template that would tell something else than it seems to is refused', () => {
  const refused = [
    ['', /no placeholder/],
    ['login', /no placeholder/],
    ['{Login}', /did you mean \{login\}/],
    ['{user}', /stands for nothing/],
    ['{}', /stands for nothing/],
    ['{ login }', /stands for nothing/],
    ['{login', /brace/],
    ['login}', /brace/],
    ['{{login}}', /brace/],
    ['{login}}', /brace/],
    ['Zoë {login}', /ASCII/],
    ['{login}\r\nX-Admin: 1', /ASCII/],
    ['{login}\0', /ASCII/],
    ['{login}\t', /ASCII/],
    [' {login}', /blank/],
    ['{login} ', /blank/],
    [`${'a'.repeat(256)}{login}`, /longer/],
    ['{basic} {login}', /stands alone/],
  ] as const
  for (const [template, why] of refused) assert.match(headerMistake('X-User', template) ?? '', why, template)
})

test('{basic} goes into Authorization alone, and nothing else does', () => {
  assert.equal(headerMistake('Authorization', '{basic}'), null)
  assert.equal(headerMistake('authorization', '{basic}'), null)
  assert.match(headerMistake('X-Authorization', '{basic}') ?? '', /password/)
  for (const template of ['{login}', 'Basic {login}', 'Bearer {id}', 'x{basic}']) {
    assert.notEqual(headerMistake('Authorization', template), null, template)
  }
})

test('a header is given once, in whichever letters', () => {
  assert.equal(doubledHeaderMistake('X-User', ['X-Name', 'X-Users']), null)
  assert.match(doubledHeaderMistake('x-USER', ['X-Name', 'X-User']) ?? '', /"X-User" once more/)
  assert.match(doubledHeaderMistake('X_User', ['X-User']) ?? '', /once more/)
})

test('the names of an app are ours and its own, folded, and the assertion even where it asks for none', () => {
  const headers = new Map([
    ['X-WEBAUTH-USER', '{login}'],
    ['Authorization', '{basic}'],
  ])
  const names = identityNames({ identity: { headers, charset: 'percent-utf8', assertion: false } })
  const ours = IDENTITY_HEADERS.map((name) => name.toLowerCase())
  assert.deepEqual([...names], [...ours, 'x-postern-assertion', 'x-webauth-user', 'authorization'])
})

test('the parts of a template give its text back', () => {
  const template = readTemplate('a {login}{roles} b')
  assert.ok(typeof template !== 'string' && template.kind === 'text')
  assert.deepEqual(template.parts, [
    { literal: 'a ' },
    { placeholder: 'login' },
    { placeholder: 'roles' },
    { literal: ' b' },
  ])
})
