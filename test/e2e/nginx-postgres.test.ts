import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { headerValues } from '../support/echo-app.ts'
import type { EchoedRequest } from '../support/echo-app.ts'
import { ALICE, HOST, startSite } from '../support/e2e.ts'
import type { ProductionSite } from '../support/e2e.ts'
import { rawRequest, rawStatus } from '../support/http.ts'
import { until } from '../support/until.ts'
import { createPerson, echoed, signedIn } from './person.ts'

const ODD_PAGE = '/files/Report-1?p=C:\\temp&q=100%&t=a%0D%0Ab&rd=https://evil.example/'
const IDENTITY = ['Remote-User', 'Remote-Email', 'Remote-Name', 'Remote-Groups']
const FORGED = {
  'Remote-User': 'root',
  'Remote-User-Id': '1',
  'Remote-Email': 'root@example.com',
  'Remote-Name': 'Root',
  'Remote-Groups': 'admin',
  remote_user: 'root',
  'Remote.Groups': 'admin',
  'X-Postern-Assertion': 'forged',
  'X-Postern-Secret': 'forged',
  'X-Postern-Location': 'https://evil.example/',
  'X-Postern-Decision': 'forged',
  'X-Original-URI': '/public/',
  'X-Original-Host': 'evil.example',
  'X-Forwarded-Uri': '/public/',
}
/** What nginx would say of a page that is open to anyone. */
const QUESTION = {
  'x-original-method': 'GET',
  'x-original-proto': 'https',
  'x-original-host': HOST,
  'x-original-uri': '/public/',
  'x-real-ip': '127.0.0.1',
}

for (const verify of ['unix', 'tcp'] as const) {
  test(`an app behind nginx, asking over ${verify}`, { timeout: 120_000 }, async (t) => {
    const site = await startSite(t, { verify })
    await t.test('a visitor signs in, gets exactly the page he asked for, and signs out', (t) => wholeVisit(t, site))
    await t.test('wrong passwords and unknown users get the same answer, the right one enters', (t) =>
      wrongPasswords(t, site),
    )
    await t.test('nothing that a visitor forges reaches the app', (t) => forgeries(t, site))
    await t.test('programs are told 401 in JSON, not sent to a page', (t) => programs(t, site))
    await t.test('a forbidden page names the decision that stands in the log', (t) => forbidden(t, site))
    await t.test('another host is refused before the gateway hears of it', () => otherHosts(site))
    await t.test("a session's cookie counts whole, once and under its own name, or not at all", (t) =>
      almostSessions(t, site),
    )
    await t.test('signing in anew ends the session before', (t) => signInTwice(t, site))
    if (verify === 'tcp') await t.test('nobody asks the gateway who lacks the secret', (t) => strangers(t, site))
    assert.equal(await site.postern.stop(), 0)
  })
}

async function wholeVisit(t: TestContext, site: ProductionSite): Promise<void> {
  const { app } = site
  const before = app.requests.length
  const person = createPerson(t, site)
  const sent = await person.open(ODD_PAGE)
  assert.equal(sent.status, 302)
  assert.match(sent.headers['location'] ?? '', new RegExp(`^${site.origin}/\\.postern/start\\?rd=`))
  assert.equal(app.requests.length, before)

  const reply = await person.signIn(ODD_PAGE, ALICE.login)
  const request = echoed(reply)
  assert.deepEqual([request.method, request.url], ['GET', ODD_PAGE])
  assert.deepEqual(identityOf(request), [ALICE.login, ALICE.email, 'Alice %C3%84.', ALICE.role])
  assert.match(headerValues(request.rawHeaders, 'Remote-User-Id').join(), /^[0-9a-f-]{36}$/)
  assert.deepEqual(headerValues(request.rawHeaders, 'Cookie'), [])
  assert.equal(headerValues(request.rawHeaders, 'X-Forwarded-Host').join(), HOST)

  const token = person.jar.value(new URL(site.origin), '__Host-postern')
  assert.match((await person.signOut()).text, /You are signed out/)
  assert.equal((await person.open('/')).status, 302)
  const replayed = await createPerson(t, site).open('/', { headers: { cookie: `__Host-postern=${token}` } })
  assert.equal(replayed.status, 302)
  assert.equal(app.requests.length, before + 1)
}

async function wrongPasswords(t: TestContext, site: ProductionSite): Promise<void> {
  const person = createPerson(t, site)
  const wrong = await person.signIn('/', ALICE.login, 'not the password')
  const unknown = await createPerson(t, site).signIn('/', 'nobody', 'not the password')
  assert.deepEqual([wrong.status, unknown.status], [401, 401])
  assert.match(wrong.text, /Login or password is wrong/)
  assert.match(unknown.text, /Login or password is wrong/)
  assert.equal(person.jar.value(new URL(site.origin), '__Host-postern'), null)
  assert.equal(echoed(await person.signIn('/a?b=c', ALICE.login)).url, '/a?b=c')
}

async function forgeries(t: TestContext, site: ProductionSite): Promise<void> {
  const alice = await signedIn(t, site, ALICE.login)
  const cookies = alice.jar.header(new URL(site.origin))
  const headers = { ...FORGED, cookie: `theme=dark; ${cookies}; __Secure-postern=x; lang=de` }
  const known = echoed(await createPerson(t, site).open('/a', { headers }))
  assert.deepEqual(identityOf(known), [ALICE.login, ALICE.email, 'Alice %C3%84.', ALICE.role])
  assert.deepEqual(headerValues(known.rawHeaders, 'cookie'), ['theme=dark; lang=de'])

  const nobody = echoed(await createPerson(t, site).open('/public/a', { headers: FORGED }))
  assert.deepEqual(identityOf(nobody), ['', '', '', ''])
  for (const { rawHeaders } of [known, nobody]) {
    assert.doesNotMatch(rawHeaders.join('\n'), /root|forged|evil|X-Postern|X-Original|_/i)
  }
  const open = await createPerson(t, site).open('/a', { headers: FORGED })
  assert.equal(open.status, 302)
}

async function programs(t: TestContext, site: ProductionSite): Promise<void> {
  const { visit } = createPerson(t, site)
  const cases = [
    { headers: { accept: 'application/json' } },
    { headers: { accept: '*/*' } },
    { headers: { accept: 'text/html', 'x-requested-with': 'XMLHttpRequest' } },
    { headers: { accept: 'text/html', 'sec-fetch-mode': 'cors' } },
    { method: 'POST', headers: { accept: 'text/html' }, body: 'a=1' },
  ] as const
  for (const options of cases) {
    const reply = await visit(`${site.origin}/api/things`, options)
    assert.equal(reply.status, 401, JSON.stringify(options))
    assert.match(reply.headers['content-type'] ?? '', /^application\/json/)
    const { status, errors } = JSON.parse(reply.text) as { status: string; errors: { code: string }[] }
    assert.deepEqual([status, errors[0]?.code], ['error', 'not_signed_in'])
  }
}

async function forbidden(t: TestContext, site: ProductionSite): Promise<void> {
  const alice = await signedIn(t, site, ALICE.login)
  const seen = site.app.requests.length
  const reply = await alice.open('/admin/users')
  assert.equal(reply.status, 403)
  const id = /<code>([0-9a-f]{12})<\/code>/.exec(reply.text)?.[1] ?? ''
  assert.match(reply.text, /You are signed in as <strong>alice<\/strong>/)
  const line = await until('the decision is logged', 2_000, () => lineWith(site.postern.logs(), `"decisionId":"${id}"`))
  const { reason, path } = JSON.parse(line) as Record<string, unknown>
  assert.deepEqual([reason, path], ['missing_role', '/admin/users'])
  assert.equal((await alice.open('/old/', { method: 'POST', body: 'a=1' })).status, 403)
  assert.equal(site.app.requests.length, seen)
}

async function otherHosts({ nginx, app }: ProductionSite): Promise<void> {
  const seen = app.requests.length
  const ask = async (line: string, host: string): Promise<number | null> => {
    const head = `${line} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`
    return rawStatus(await rawRequest(nginx.httpsPort, head, { servername: HOST }))
  }
  assert.equal(await ask('GET /public/', 'other.example.com'), 421)
  assert.equal(await ask('GET https://other.example.com/public/', HOST), 421)
  assert.equal(app.requests.length, seen)
  // The server that the request line names is the one that is judged and served, whatever the Host header says.
  assert.equal(await ask(`GET https://${HOST}/admin/`, 'other.example.com'), 401)
  assert.equal(app.requests.length, seen)
  assert.equal(await ask(`GET https://${HOST}/public/`, 'other.example.com'), 200)
  const [request] = app.requests.slice(seen)
  assert.deepEqual([request?.url, headerValues(request?.rawHeaders ?? [], 'host').join()], ['/public/', HOST])
}

async function almostSessions(t: TestContext, site: ProductionSite): Promise<void> {
  const alice = await signedIn(t, site, ALICE.login)
  const own = alice.jar.value(new URL(site.origin), '__Host-postern') ?? ''
  const pre = alice.jar.value(new URL(site.origin), '__Host-postern_pre') ?? ''
  const forged = own.slice(0, -1) + (own.endsWith('A') ? 'B' : 'A')
  const seen = site.app.requests.length
  const cookies = [
    `__Host-postern=${own}; __Host-postern=${own}`,
    `__Host-postern=${forged}`,
    `__Host-postern=${pre}`,
    `__Host-postern="${own}"`,
    `__Host-postern_app=${own}`,
    '__Host-postern=',
  ]
  for (const cookie of cookies) {
    assert.equal((await createPerson(t, site).open('/', { headers: { cookie } })).status, 302, cookie)
  }
  assert.equal(site.app.requests.length, seen)
}

async function signInTwice(t: TestContext, site: ProductionSite): Promise<void> {
  const alice = await signedIn(t, site, ALICE.login)
  const first = alice.jar.header(new URL(site.origin))
  assert.equal((await alice.signIn('/.postern/login', ALICE.login)).status, 200)
  assert.notEqual(alice.jar.header(new URL(site.origin)), first)
  assert.equal((await alice.open('/')).status, 200)
  assert.equal((await createPerson(t, site).open('/', { headers: { cookie: first } })).status, 302)
}

async function strangers(t: TestContext, { origin, hosts, postern }: ProductionSite): Promise<void> {
  const { visit } = createPerson(t, { origin, hosts })
  const ask = async (secret: Readonly<Record<string, string>>): Promise<number> => {
    const headers = { ...QUESTION, ...secret }
    return (await visit(`http://${postern.env['POSTERN_VERIFY_LISTEN']}/verify/nginx/app/app`, { headers })).status
  }
  assert.equal(await ask({}), 403)
  assert.equal(await ask({ 'x-postern-secret': 'guessed' }), 403)
  assert.equal(await ask({ 'x-postern-secret': postern.env['POSTERN_PROXY_SECRET'] ?? '' }), 200)
  assert.equal((await visit(`${origin}/.postern/verify/nginx/app/app`, { headers: QUESTION })).status, 404)
}

function lineWith(logs: string, part: string): string | null {
  return logs.split('\n').find((line) => line.includes(part)) ?? null
}

function identityOf({ rawHeaders }: EchoedRequest): string[] {
  return IDENTITY.map((name) => headerValues(rawHeaders, name).join('|'))
}
