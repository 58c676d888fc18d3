import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { publicJwk } from '../../src/lib/jwt.ts'
import type { Context } from '../../src/parts/context.ts'
import { createAssertionSigner } from '../../src/verify/assertion.ts'
import { createSettle } from '../../src/verify/verdict.ts'
import { suiteCleanup } from '../support/app.ts'
import { openListener, verdictOf } from './ask.ts'
import type { Asked, Listener, Told } from './ask.ts'

const POLICY = `
version: 1
roles: { user: ['wiki:read'] }
apps:
  - name: app
    hosts: [app.example.com]
    headers:
      X-WEBAUTH-USER: 'u={login}'
      X-Full-Name: '{name}'
      X-Permissions: '{permissions}'
      Authorization: '{basic}'
    charset: ascii-fold
    assertion: true
    rules:
      - { path: /public/**, allow: anyone }
      - { path: /greeting, allow: anyone, identify: true }
      - require: {}
  - name: chained
    hosts: [chained.example.com]
    headers: { X-WEBAUTH-USER: '{login}' }
    alias_guard: ignore
    rules:
      - { path: /public/**, allow: anyone }
      - require: {}
`
const PUBLIC = { uri: '/public/a' }
const CHAINED = { host: 'chained.example.com', url: '/verify/nginx/app/chained' }

/** Values of the headers that only this app gets, or undefined where a name isn't there exactly once. */
function told(answer: Told): Record<string, string | undefined> {
  const names = ['remote-user', 'remote-name', 'x-webauth-user', 'x-full-name', 'x-permissions', 'authorization']
  const once = (name: string): string | undefined =>
    answer.headers.filter(([found]) => found === name).length === 1 ? answer.header(name) : undefined
  return Object.fromEntries(names.map((name) => [name, once(name)]))
}

function withSource(context: Context): Partial<Context> {
  const { gatewayParts: parts, keys, config } = context
  const signAssertion = createAssertionSigner(keys.assertion, config.publicUrl)
  const settle = createSettle(parts.policy, { basicPassword: 'common', signAssertion })
  return { gatewayParts: { ...parts, settle } }
}

suite('what an app is told by a verify answer', () => {
  const cleanup = suiteCleanup()
  let listener: Listener
  let zoe: string
  const ask = (asked: Asked): Promise<Told> => listener.ask(asked)
  before(async () => {
    listener = await openListener(cleanup, { policy: POLICY, overrides: withSource })
    await listener.addUser('zoe', { name: 'Zoë Å', roles: ['user'], password: null })
    zoe = await listener.token('zoe')
  })

  test('HDR-10: it has all that its policy names, each once, in its charset', async () => {
    assert.deepEqual(told(await ask({ token: zoe })), {
      'remote-user': 'zoe',
      'remote-name': 'Zoe A',
      'x-webauth-user': 'u=zoe',
      'x-full-name': 'Zoe A',
      'x-permissions': 'wiki:read',
      authorization: `Basic ${Buffer.from('zoe:common').toString('base64')}`,
    })
  })

  test('HDR-05: a public page is told nothing, in the same names, even for who is signed in', async () => {
    for (const asked of [PUBLIC, { ...PUBLIC, token: zoe }, { uri: '/greeting' }]) {
      const answer = await ask(asked)
      assert.deepEqual([...new Set(Object.values(told(answer)))], [''])
      assert.equal(answer.header('x-postern-assertion'), '')
    }
    assert.equal(told(await ask({ uri: '/greeting', token: zoe }))['x-webauth-user'], 'u=zoe')
  })

  test('HDR-01, HDR-02: a client that writes one of the app’s own headers is refused, however it spells it', async () => {
    const names = ['X-WEBAUTH-USER', 'x_webauth_user', 'X.Webauth-User', 'X--WEBAUTH--USER', 'Authorization']
    for (const name of [...names, 'X-Postern-Assertion', 'Remote_User']) {
      assert.equal(verdictOf(await ask({ ...PUBLIC, more: [`${name}: admin`] })), 'no', name)
      assert.equal(verdictOf(await ask({ token: zoe, more: [`${name}: admin`] })), 'no', name)
    }
    assert.equal(verdictOf(await ask({ ...PUBLIC, more: ['X-WEBAUTH-USERS: admin'] })), 'anon')
  })

  test('HDR-01: behind another gateway the client’s word passes and is overwritten, by nobody where nobody is', async () => {
    const more = ['X-WEBAUTH-USER: admin', 'Remote-User: admin']
    const answer = await ask({ ...CHAINED, ...PUBLIC, more })
    assert.deepEqual([verdictOf(answer), told(answer)['x-webauth-user']], ['anon', ''])
  })

  test('the assertion is for this app, by a key of ours, and the same at the next request', async () => {
    const assertion = (await ask({ token: zoe })).header('x-postern-assertion') ?? ''
    assert.equal((await ask({ token: zoe })).header('x-postern-assertion'), assertion)
    const [header = '', payload = ''] = assertion.split('.')
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as Record<string, unknown>
    assert.equal(kid, publicJwk(listener.context.keys.assertion.minting.bytes).kid)
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
    const { iss, aud, login, name } = claims
    assert.deepEqual([iss, aud, login, name], ['https://app.example.com/.postern', 'app', 'zoe', 'Zoë Å'])
  })

  test('an app that asks for no assertion gets no empty one either', async () => {
    assert.equal((await ask({ ...CHAINED, ...PUBLIC })).header('x-postern-assertion'), undefined)
  })

  test('HDR-11: who is not let in is not told to the app either', async () => {
    const { headers } = await ask({})
    const names = headers.map(([name]) => name)
    for (const name of ['x-webauth-user', 'authorization', 'x-postern-assertion']) assert.ok(!names.includes(name))
  })
})
