import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { ERRORS } from '../../../src/errors.ts'
import type { Context } from '../../../src/parts/context.ts'
import { ORIGIN, suiteCleanup } from '../../support/app.ts'
import { rawRequest, rawStatus } from '../../support/http.ts'
import { readAnswer } from '../ask.ts'
import type { Told } from '../ask.ts'
import { bytesOf, FAMILIES, openFamilies } from './families.ts'
import type { Listener, Original } from './families.ts'

const PAGE = { more: ['Accept: text/html'] }
const START = `${ORIGIN}/.postern/start?rd=%2Fa%3Fb%3D%252F%26c`

for (const family of FAMILIES) {
  suite(`${family.name} is told`, () => {
    const cleanup = suiteCleanup()
    let listener: Listener
    before(async () => {
      listener = await openFamilies(cleanup)
    })
    const ask = (original: Original): Promise<Told> => listener.ask(family, original)

    test('to let somebody in by 200, with every header that tells who it is', async () => {
      const told = await ask({ token: listener.alice })
      const identity = ['remote-user', 'remote-email', 'remote-name', 'remote-groups', 'x-webauth-user'].map(
        told.header,
      )
      assert.deepEqual([told.status, ...identity], [200, 'alice', 'alice@example.com', 'alice', 'user', 'alice'])
      const nobody = await ask({ uri: '/public/a', token: listener.alice })
      assert.deepEqual([nobody.status, nobody.header('remote-user'), nobody.header('x-webauth-user')], [200, '', ''])
    })

    test('where a page begins to sign in', async () => {
      const told = await ask({ uri: '/a?b=%2F&c', ...PAGE })
      const name = family.isNginx ? 'x-postern-location' : 'location'
      assert.deepEqual([told.status, told.header(name), told.body], [family.isNginx ? 401 : 302, START, ''])
      const form = await ask({ method: 'POST', uri: '/a', more: ['Sec-Fetch-Mode: navigate'] })
      assert.equal(form.status, family.isNginx ? 401 : 303)
    })

    test('a program may not be sent to a page', async () => {
      const programs = [[], ['Accept: */*'], ['Accept: text/html', 'X-Requested-With: XMLHttpRequest']]
      const modes = ['cors', 'no-cors', 'same-origin', 'websocket'].map((mode) => [`Sec-Fetch-Mode: ${mode}`])
      for (const more of [...programs, ...modes, ['Accept: text/html', 'Upgrade: websocket']]) {
        const told = await ask({ more })
        const { errors, login_url: loginUrl } = JSON.parse(told.body) as {
          errors: { code: string }[]
          login_url: string
        }
        assert.deepEqual(
          [told.status, told.header('location'), told.header('x-postern-location')],
          [401, undefined, undefined],
        )
        assert.deepEqual([errors[0]?.code, loginUrl], ['not_signed_in', `${ORIGIN}/.postern/start?rd=%2F`])
      }
    })

    test('the number under which a no stands in the log', async () => {
      for (const more of [[], PAGE.more]) {
        const forbidden = await ask({ uri: '/admin/', token: listener.alice, more })
        const refused = await ask({ uri: '/public/"', more })
        assert.deepEqual([forbidden.status, refused.status], [403, family.isNginx ? 403 : 400])
        assert.equal(forbidden.body.includes('<!doctype html>'), !family.isNginx && more === PAGE.more)
        for (const told of [forbidden, refused]) {
          const line = listener.logs().find(({ decisionId }) => decisionId === told.header('x-postern-decision'))
          assert.ok(line !== undefined)
        }
      }
    })

    test('why an address that can be read in too many ways is not judged', async () => {
      const told = await ask({ uri: '/public/..%2f..%2f..%2fapp/open/public/a', ...PAGE })
      assert.equal(listener.logs().at(-1)?.['reason'], 'ambiguous_path')
      assert.equal(told.status, family.isNginx ? 403 : 400)
      if (!family.isNginx) assert.ok(told.body.includes(ERRORS.address_not_judged.message), told.body)
    })

    test('nothing of the body when it asks with HEAD, and the same of all else', async () => {
      const asked = (via: string): string => bytesOf(family, PAGE).replace(/^\w+/, via)
      const [got, head] = [
        await rawRequest(listener.port, asked('GET')),
        await rawRequest(listener.port, asked('HEAD')),
      ]
      // The original request's own method where the family sends that.
      if (family.name !== 'ext-authz') assert.equal(rawStatus(head), rawStatus(got))
      assert.equal(readAnswer(head).body, '')
    })

    test('to close the connection when a body was announced, and never waits for it', async () => {
      for (const line of ['Content-Length: 100000', 'Transfer-Encoding: chunked']) {
        const asked = bytesOf(family, { uri: '/public/a', more: [line], body: '' })
        const told = readAnswer(await rawRequest(listener.port, `${asked}0`))
        assert.deepEqual([told.status, told.header('connection')?.toLowerCase()], [200, 'close'])
      }
      const [behind, length] = [bytesOf(family, { token: listener.bob, uri: '/admin/' }), 'Content-Length: '] as const
      const asked = bytesOf(family, { uri: '/public/a', more: [`${length}${behind.length}`], body: behind })
      assert.equal((await rawRequest(listener.port, asked)).match(/HTTP\/1\.1/g)?.length, 1)
    })

    test('no when somebody can not be looked up', async (t) => {
      const find = (): never => {
        throw new Error('planted')
      }
      const overrides = ({ gatewayParts }: Context): Partial<Context> => ({
        gatewayParts: { ...gatewayParts, sessions: { find } },
      })
      const broken = await openFamilies(t, { overrides })
      for (const more of [[], PAGE.more]) {
        const told = await broken.ask(family, { token: broken.alice, more })
        assert.equal(told.status, family.isNginx ? 500 : 503)
        assert.match(told.header('x-postern-decision') ?? '', /^[0-9a-f]{12}$/)
      }
    })
  })
}

for (const family of FAMILIES.filter(({ name }) => name !== 'ext-authz')) {
  // Traefik can be told to ask with its client's method, which is no part of the question.
  const expected = family.name === 'forward' ? 200 : 405
  test(`${family.name} is answered ${expected} when it asks with another method than GET and HEAD`, async (t) => {
    const { port } = await openFamilies(t)
    const asked = bytesOf(family, { uri: '/public/a' })
    for (const via of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'PROPFIND']) {
      assert.equal(rawStatus(await rawRequest(port, asked.replace(/^\w+/, via))), expected, via)
    }
  })
}
