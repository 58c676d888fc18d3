import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HOST, listenOnFreePort, openTestApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { rawRequest, rawStatus } from '../support/http.ts'
import { findCredentials } from '../../src/users/users.ts'

/** From where something comes, and what it calls itself; null where it sends no `User-Agent`. */
interface From {
  readonly address: string
  readonly agent: string | null
}

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0'
const CHROME = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36'
const HOME: From = { address: '198.51.100.7', agent: FIREFOX }
const TRAIN: From = { address: '203.0.113.66', agent: FIREFOX }
const OTHER_BROWSER: From = { address: '198.51.100.7', agent: CHROME }
const THIEF: From = { address: '192.0.2.99', agent: 'python-requests/2.32' }
const WITHOUT_AGENT: From = { address: '192.0.2.99', agent: null }

/** The lines in which a proxy of each family asks about `GET /`. */
const DIALECTS: Readonly<Record<string, (address: string) => readonly string[]>> = {
  nginx: (address) => [
    'GET /verify/nginx/app/app HTTP/1.1',
    'Host: postern',
    'X-Original-Method: GET',
    'X-Original-Proto: https',
    `X-Original-Host: ${HOST}`,
    'X-Original-URI: /',
    `X-Real-IP: ${address}`,
  ],
  forward: (address) => [
    'GET /verify/forward/app/app HTTP/1.1',
    'Host: postern',
    'X-Forwarded-Method: GET',
    'X-Forwarded-Proto: https',
    `X-Forwarded-Host: ${HOST}`,
    'X-Forwarded-Uri: /',
    `X-Forwarded-For: ${address}`,
  ],
  'ext-authz': (address) => [
    'GET /verify/ext-authz/app/app/ HTTP/1.1',
    `Host: ${HOST}`,
    'X-Forwarded-Proto: https',
    `X-Forwarded-For: ${address}`,
  ],
}

for (const lane of ['auto', 'off']) {
  for (const [dialect, linesFor] of Object.entries(DIALECTS)) {
    test(`a copied cookie by ${dialect}, express lane ${lane}: let in, told of or refused as the binding says`, async (t) => {
      for (const mode of ['off', 'notify', 'strict']) {
        const env = { POSTERN_SESSION_BINDING: mode, POSTERN_EXPRESS_LANE: lane }
        const app = await openTestApp(t, { env })
        await app.addUser('alice', { password: null })
        const port = await listenOnFreePort(app.verify)
        const token = await signInFrom(app, HOME)
        const cookie = `${app.context.gatewayParts.cookies.names.portal}=${token}`
        const ask = async ({ address, agent }: From): Promise<number | null> => {
          const more = [`Cookie: ${cookie}`, ...(agent === null ? [] : [`User-Agent: ${agent}`])]
          const bytes = [...linesFor(address), ...more, '', ''].join('\r\n')
          return rawStatus(await rawRequest(port, bytes, { until: '\r\n\r\n' }))
        }
        for (const from of [HOME, TRAIN, HOME, OTHER_BROWSER, HOME]) assert.equal(await ask(from), 200, mode)
        const elsewhere = mode === 'strict' ? 401 : 200
        for (const from of [THIEF, WITHOUT_AGENT]) assert.equal(await ask(from), elsewhere, mode)
        assert.equal(await ask(HOME), 200, mode)
      }
    })
  }
}

test('an API token is used from wherever its owner likes', async (t) => {
  const app = await openTestApp(t, { env: { POSTERN_SESSION_BINDING: 'strict' } })
  await app.addUser('alice', { password: null })
  const { database, apiTokens } = app.context
  const scope = { apps: null, hosts: null, paths: null, methods: null, networks: null, api: null }
  const { id: userId } = (await findCredentials(database, 'alice')) ?? assert.fail('there is no alice')
  const made = await database.transaction((tx) =>
    apiTokens.create(tx, { userId, name: 'robot', scope, lifeMs: 60_000 }),
  )
  const value = made.kind === 'created' ? made.token : assert.fail(made.kind)
  const port = await listenOnFreePort(app.verify)
  for (const { address, agent } of [HOME, THIEF, WITHOUT_AGENT]) {
    const more = [`Authorization: Bearer ${value}`, ...(agent === null ? [] : [`User-Agent: ${agent}`])]
    const bytes = [...(DIALECTS['nginx']?.(address) ?? []), ...more, '', ''].join('\r\n')
    assert.equal(rawStatus(await rawRequest(port, bytes, { until: '\r\n\r\n' })), 200)
  }
})

test('a page that is refused for its move leads to sign in, without a proof that only its owner could add', async (t) => {
  const app = await openTestApp(t, { env: { POSTERN_SESSION_BINDING: 'strict' } })
  await app.addUser('alice', { password: null })
  const token = await signInFrom(app, HOME)
  const port = await listenOnFreePort(app.verify)
  const cookie = `${app.context.gatewayParts.cookies.names.portal}=${token}`
  const more = [`Cookie: ${cookie}`, `User-Agent: ${THIEF.agent}`, 'Accept: text/html', '', '']
  const answer = await rawRequest(port, [...(DIALECTS['forward']?.(THIEF.address) ?? []), ...more].join('\r\n'), {
    until: '\r\n\r\n',
  })
  assert.equal(rawStatus(answer), 302)
  assert.doesNotMatch(answer, /prove=/)
})

async function signInFrom({ context: { database, sessions } }: TestApp, { address, agent }: From): Promise<string> {
  const person = (await findCredentials(database, 'alice')) ?? assert.fail('there is no alice')
  const about = { userId: person.id, sessionEpoch: person.session_epoch, factors: { password: Date.now() } }
  const signIn = { ...about, address, userAgent: agent ?? '' }
  const session = await database.transaction((tx) => sessions.start(tx, signIn))
  return session?.token ?? assert.fail('may not sign in')
}
