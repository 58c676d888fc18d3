import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { mintToken } from '../../src/lib/tokens.ts'
import type { Sessions } from '../../src/sessions/sessions.ts'
import { createFormToken } from '../../src/web/csrf.ts'
import { suiteCleanup } from '../support/app.ts'
import { openListener, verdictOf } from './ask.ts'
import type { Listener } from './ask.ts'

const NAME = '__Host-postern'

suite('the session cookie of a verify request', () => {
  const cleanup = suiteCleanup()
  let listener: Listener
  let reads = 0
  before(async () => {
    listener = await openListener(cleanup, {
      overrides: ({ gatewayParts }) => {
        const find: Sessions['find'] = (token, host) => (reads++, gatewayParts.sessions.find(token, host))
        return { gatewayParts: { ...gatewayParts, sessions: { find } } }
      },
    })
  })

  const verdict = async (...cookies: string[]): Promise<string> =>
    verdictOf(await listener.ask({ more: cookies.map((cookie) => `Cookie: ${cookie}`) }))

  test('COOK-01, COOK-02: signs nobody in unless it is one of our tokens', async () => {
    const { alice } = listener
    const flipped = alice.slice(0, -2) + (alice.endsWith('AA') ? 'BB' : 'AA')
    const values = ['', 'AAAA', 'a'.repeat(43), 'a'.repeat(44), 'a'.repeat(10_000), '%00', '"quoted"', 'a b', '\u00fc']
    for (const value of [
      ...values,
      flipped,
      `"${alice}"`,
      `${alice}=`,
      `${alice}x`,
      alice.slice(0, -1),
      ` x${alice}`,
    ]) {
      assert.equal(await verdict(`${NAME}=${value}`), 'sign_in', value.slice(0, 80))
    }
    assert.equal(await verdict(`${NAME}=${alice}`), 'allow(alice)')
    assert.equal(await verdict(`a=1;\t${NAME}=${alice} ; b=2`), 'allow(alice)')
  })

  test('COOK-04: signs nobody in when it comes twice', async () => {
    const { alice, bob } = listener
    for (const other of ['x', '', alice, bob]) {
      assert.equal(await verdict(`${NAME}=${alice}; ${NAME}=${other}`), 'sign_in')
      assert.equal(await verdict(`${NAME}=${other}; ${NAME}=${alice}`), 'sign_in')
      assert.equal(await verdict(`${NAME}=${alice}`, `${NAME}=${other}`), 'sign_in')
    }
  })

  test('COOK-05, COOK-07: has exactly our name', async () => {
    const { alice } = listener
    const names = ['__host-postern', '__Host-Postern', `"${NAME}"`, `${NAME}%20`, `$Version=1, ${NAME}`, `x${NAME}`]
    for (const name of [
      ...names,
      `${NAME}_app`,
      'postern',
      '__Secure-postern',
      `\u00a0${NAME}`,
      `=${NAME}`,
      `${NAME} `,
    ]) {
      assert.equal(await verdict(`${name}=${alice}`), 'sign_in', name)
    }
    assert.equal(await verdict(`$Version=1; ${NAME}=${alice}`), 'allow(alice)')
    assert.equal(await verdict(`postern=x; __Secure-postern=y; ${NAME}=${alice}`), 'allow(alice)')
  })

  test('COOK-08: is found among many others', async () => {
    const many = Array.from({ length: 180 }, (_, index) => `c${index}=${'v'.repeat(80)}`)
    assert.equal(await verdict([...many, `${NAME}=${listener.alice}`].join('; ')), 'allow(alice)')
  })

  test('COOK-11: a token counts nowhere else', async () => {
    const { alice, ask } = listener
    const lines = [`Authorization: Bearer ${alice}`, `X-Session: ${alice}`, `Proxy-Authorization: ${alice}`]
    for (const line of lines) assert.equal(verdictOf(await ask({ more: [line] })), 'sign_in')
    assert.equal(verdictOf(await ask({ uri: `/?session=${alice}&${NAME}=${alice}` })), 'sign_in')
    assert.equal(verdictOf(await ask({ url: `/verify/nginx/app/app?${NAME}=${alice}` })), 'sign_in')
  })

  test('COOK-13: what was made for another purpose is no session', async () => {
    const { keys, portalParts } = listener.context
    const others = [mintToken(keys.token, 'app'), mintToken(keys.token, 'invite'), mintToken(keys.token, 'portal')]
    const form = createFormToken(portalParts.formKeys.minting, { purpose: 'sign-in', binding: listener.alice })
    const signed = portalParts.returnAddresses.sign({ host: 'app.example.com', target: '/' }) ?? ''
    for (const value of [...others, form, signed]) assert.equal(await verdict(`${NAME}=${value}`), 'sign_in')
    const asPortal = `ps1${mintToken(keys.token, 'invite').slice(3)}`
    assert.equal(await verdict(`${NAME}=${asPortal}`), 'sign_in')
  })

  test('a public path, a forbidden one and a refused one never look at it', async () => {
    const before = reads
    for (const uri of ['/public/a', '/healthz', '/old/x', '/a%2500', '/a%00']) {
      await listener.ask({ uri, token: listener.alice })
      await listener.ask({ uri, token: 'forged' })
    }
    assert.equal(reads, before)
    await listener.ask({ token: listener.alice })
    assert.equal(reads, before + 1)
  })

  test('SESS-04: stops counting with the answer that ends the sign-in', async () => {
    const { context, addUser, token, ask } = listener
    await addUser('erin', { password: null })
    const erin = await token('erin')
    assert.equal(verdictOf(await ask({ token: erin })), 'allow(erin)')
    assert.equal(await context.sessions.endAllOf('erin', 'revoked'), 1)
    assert.equal(verdictOf(await ask({ token: erin })), 'sign_in')
  })
})
