import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ALICE, BOB, HOST, startSite } from '../support/e2e.ts'
import { rawRequest, rawStatus } from '../support/http.ts'
import { signedIn } from './person.ts'

// Targets of request lines that some server takes for a page under /admin or /secret, or that nobody can take for one
// page alone. Neither somebody unknown nor Alice, who may open all but /admin, may reach the app with one.
const TRICKS = [
  '/public/../admin/',
  '/public/./../admin/',
  '/public/%2e%2e/admin/',
  '/public/.%2e/admin/',
  '/public/..%2fadmin/',
  '/public/..%2Fadmin/',
  '/public/%2e%2e%2fadmin',
  '/public/%252e%252e/admin',
  '/public/%25%32%65%25%32%65/admin',
  '/public/..;/admin/',
  '/public/..;a=b/admin/',
  '/public;/../admin/',
  '/public/..%5cadmin',
  '/public%5c..%5cadmin',
  '/public/..\\admin',
  '/public/%c0%ae%c0%ae/admin',
  '/public/%e0%80%ae./',
  '/%c0%afadmin',
  '/public/%EF%BC%8E%EF%BC%8E/admin',
  '/%EF%BC%8Fadmin',
  '/admin;x=1',
  '/;x/admin/',
  '//admin/',
  '///admin/',
  '/public//../admin/',
  '/admin/.',
  '/admin/./',
  '/./admin/',
  '/admin',
  '/admin/',
  '/ADMIN/',
  '/Admin/',
  '/%41dmin/',
  '/%61dmin/',
  '/adm%69n/',
  '/admin%20/',
  '/admin./x',
  '/admin%2e/x',
  '/admin%2fx',
  '/admin%00',
  '/public/%00/../admin',
  '/healthz%00/x',
  '/healthz%0a',
  '/healthz%0d%0aRemote-User:%20bob',
  '/healthz%09',
  '/healthz%23x',
  '/healthz#x',
  '/public/#/../../admin',
  '/healthz%3fx',
  '/admin%3f/public/',
  '/%',
  '/%2',
  '/%zz',
  '/%u0061dmin',
  '/"public"',
  '/<public>',
  '/public/\x7f',
  '/public/\xe4',
  '/public/?a=\xe4',
  '/public/ HTTP/1.1 x',
  `/public/${'%41'.repeat(2_800)}`,
  '*',
  'admin',
  '?x',
  `https://${HOST}?x=/public/`,
  `https://${HOST}/public/../admin/`,
  'https://evil.example/public/',
  `https://evil.example@${HOST}/admin/`,
]

/** Reach the app with a session, and where the rule is for anyone without. */
const HONEST = ['/adminx', '/admin-old', '/public/x?path=/admin/../%2e%2e', '/Files/Report.pdf', '/']

const METHODS = ['GET', 'HEAD', 'POST', 'OPTIONS', 'TRACE', 'FOO', 'get']

test('paths that servers read differently', { timeout: 120_000 }, async (t) => {
  const site = await startSite(t, { verify: 'unix' })
  const [alice, bob] = await Promise.all([signedIn(t, site, ALICE.login), signedIn(t, site, BOB.login)])
  const cookieOf = {
    nobody: '',
    alice: alice.jar.header(new URL(site.origin)),
    bob: bob.jar.header(new URL(site.origin)),
  }
  const ask = async (
    who: keyof typeof cookieOf,
    line: string,
  ): Promise<{ status: number | null; reached: string[] }> => {
    const seen = site.app.requests.length
    const head = [line, `Host: ${HOST}`, 'Connection: close', `Cookie: ${cookieOf[who]}`].join('\r\n')
    const status = rawStatus(await rawRequest(site.nginx.httpsPort, `${head}\r\n\r\n`, { servername: HOST }))
    return { status, reached: site.app.requests.slice(seen).map(({ url }) => url) }
  }

  for (const who of ['nobody', 'alice'] as const) {
    await t.test(`${who} reaches no page of administrators by any spelling of it`, async () => {
      for (const target of TRICKS) {
        // What has nothing of those pages in any reading is hers.
        if (who === 'alice' && !/dmi/i.test(target)) continue
        const { status, reached } = await ask(who, `GET ${target} HTTP/1.1`)
        assert.deepEqual(reached, [], `GET ${target}`)
        assert.ok(status === null || (status >= 300 && status < 500), `GET ${target} got ${status}`)
      }
    })
  }

  await t.test('no method opens what is closed', async () => {
    for (const method of METHODS) {
      for (const target of ['/admin/', '/old/x']) {
        const { status, reached } = await ask('alice', `${method} ${target} HTTP/1.1`)
        assert.deepEqual(reached, [], `${method} ${target}`)
        assert.ok(status !== null && status >= 400, `${method} ${target} got ${status}`)
      }
    }
    assert.deepEqual((await ask('nobody', 'GET /healthz HTTP/1.1')).reached, ['/healthz'])
    assert.deepEqual((await ask('nobody', 'POST /healthz HTTP/1.1')).reached, [])
    assert.deepEqual((await ask('alice', 'PROPFIND / HTTP/1.1')).reached, [])
  })

  await t.test('honest paths reach the app as they were sent', async () => {
    for (const target of HONEST) {
      assert.deepEqual(await ask('alice', `GET ${target} HTTP/1.1`), { status: 200, reached: [target] })
      const open = target.startsWith('/public/')
      assert.deepEqual((await ask('nobody', `GET ${target} HTTP/1.1`)).reached, open ? [target] : [])
    }
    for (const target of ['/admin', '/admin/', '/admin/users']) {
      assert.deepEqual(await ask('bob', `GET ${target} HTTP/1.1`), { status: 200, reached: [target] })
    }
  })

  await t.test('requests that share a connection are judged one by one', async () => {
    const seen = site.app.requests.length
    const one = (line: string, last: boolean): string =>
      `${line} HTTP/1.1\r\nHost: ${HOST}\r\n${last ? 'Connection: close\r\n' : ''}\r\n`
    const lines = one('GET /public/1', false) + one('GET /admin/', false) + one('GET /public/2', true)
    const received = await rawRequest(site.nginx.httpsPort, lines, { servername: HOST })
    assert.deepEqual(
      [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status),
      ['200', '401', '200'],
    )
    assert.deepEqual(
      site.app.requests.slice(seen).map(({ url }) => url),
      ['/public/1', '/public/2'],
    )
  })
})
