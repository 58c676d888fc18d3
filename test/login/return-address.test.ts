import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import fc from 'fast-check'
import { createReturnAddresses } from '../../src/login/return-address.ts'
import { createFormToken } from '../../src/web/csrf.ts'
import { HOST, ORIGIN, PASSWORD, POLICY, suiteCleanup, usePolicy } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { POLICY as FIXTURE } from '../policies/fixture.ts'
import { ATTACKS, PIECES } from './attacks.ts'
import { createBrowser, hidden, openPortal } from './browser.ts'
import type { Browser } from './browser.ts'

const START = '/.postern/start'
const LOGIN = '/.postern/login'
const HOME = '/.postern/'

suite('a return address', () => {
  const cleanup = suiteCleanup()
  let app: TestApp
  before(async () => {
    app = await openPortal(cleanup)
    await app.addUser('alice')
  })

  const start = async (query: string, browser: Browser = createBrowser(app.portal)) => {
    const { status, headers } = await browser.get(`${START}?${query}`)
    assert.equal(status, 302)
    return headers['location'] ?? ''
  }
  const signedFor = async (rd: string): Promise<string> =>
    (await start(`rd=${encodeURIComponent(rd)}`)).slice(`${LOGIN}?rd=`.length)
  const returnTo = async (signed: string, more: Readonly<Record<string, string>> = {}): Promise<string> => {
    const { status, headers } = await createBrowser(app.portal).signIn({ rd: signed, ...more })
    assert.equal(status, 303)
    return headers['location'] ?? ''
  }

  test('RD-01: leads back to exactly the page that was asked for', async () => {
    for (const page of [
      '/',
      '/x?y=1',
      '/a%20b/%C3%A9?q=%2F%3F&x=a+b#',
      '/A//b/..;x',
      '/?//evil.test',
      `/${'a'.repeat(2_000)}`,
    ]) {
      const wanted = page.replace(/#$/, '')
      assert.equal(await returnTo(await signedFor(wanted)), `${ORIGIN}${wanted}`)
    }
  })

  test('RD-01: is shown by its host alone, and is the only foreign place that the form may lead to', async () => {
    const browser = createBrowser(app.portal)
    const page = await browser.get(`${LOGIN}?rd=${await signedFor('/secret/path?token=1')}`)
    assert.match(page.text, /to go on to <strong>app\.example\.com<\/strong>/)
    assert.doesNotMatch(page.text, /secret/)
    assert.match(page.headers['content-security-policy'] ?? '', /form-action 'self' https:\/\/app\.example\.com;/)
    assert.match((await browser.get(LOGIN)).headers['content-security-policy'] ?? '', /form-action 'self';/)
  })

  test('RD-01: leads who is signed in straight on', async () => {
    const browser = createBrowser(app.portal)
    await browser.signIn()
    assert.equal(await start('rd=%2Fx%3Fy%3D1', browser), `${ORIGIN}/x?y=1`)
  })

  test('over 2 KiB becomes the root of the app, all the way through', async () => {
    for (const length of [2_049, 6_000, 20_000]) {
      assert.equal(await returnTo(await signedFor(`/${'a'.repeat(length)}`)), `${ORIGIN}/`)
    }
  })

  test('leads to the port that the policy gives the app', async () => {
    const { returnAddresses } = app.context.portalParts
    for (const host of ['wide.example.com', 'wide.example.com:8443', 'WIDE.example.com.']) {
      const signed = returnAddresses.sign({ host, target: '/x?y' }) ?? ''
      assert.equal(returnAddresses.open(signed)?.url, 'https://wide.example.com:8443/x?y', host)
    }
    assert.equal(returnAddresses.sign({ host: 'wide.example.com:9', target: '/' }), null)
  })

  test('that is written by hand leads nowhere but to this app, whoever is signed in', async () => {
    const signedIn = createBrowser(app.portal)
    await signedIn.signIn()
    for (const [id, list] of Object.entries(ATTACKS)) {
      for (const rd of list) {
        const location = await start(`rd=${encodeURIComponent(rd)}`, signedIn)
        const { origin, username } = new URL(location, ORIGIN)
        assert.deepEqual([origin, username], [ORIGIN, ''], `${id} ${JSON.stringify(rd)} ${location}`)
        const target = location.slice(ORIGIN.length)
        assert.ok(target === '/' || target === rd, `${id} ${JSON.stringify(rd)} ${location}`)
      }
    }
  })

  test('RD-04 to RD-12: that is unsigned is not followed by the sign-in form', async () => {
    const browser = createBrowser(app.portal)
    const attacks = [...Object.values(ATTACKS).flat(), `${ORIGIN}/x`]
      .map((rd) => rd.replaceAll('\0', ''))
      .filter((rd) => rd !== '')
    for (const rd of attacks.slice(0, 12)) assert.equal(await returnTo(rd), HOME, rd)
    for (const rd of attacks) {
      assert.equal(hidden(await browser.get(`${LOGIN}?rd=${encodeURIComponent(rd)}`), 'rd'), '', rd)
    }
  })

  test('RD-02: that is forged, cut off, changed, or signed for something else is not followed', async () => {
    const signed = await signedFor('/x')
    const [payload = '', signature = ''] = signed.split('.')
    const evil = Buffer.from(JSON.stringify(['evil.test', '/', Date.now() + 60_000])).toString('base64url')
    const { minting: formKey } = app.context.portalParts.formKeys
    const forged = [
      signed.slice(0, -1),
      `${signed}x`,
      `${payload}.`,
      `.${signature}`,
      payload,
      `${evil}.${signature}`,
      `${evil}.`,
      `${evil}.${createFormToken(formKey, { purpose: 'return', binding: evil })}`,
      `${signed}.${signature}`,
      `${payload}.${(await signedFor('/y')).split('.')[1] ?? ''}`,
      signed.replace('.', '%2e'),
    ]
    for (const rd of forged) assert.equal(await returnTo(rd), HOME, rd)
    assert.equal(await returnTo(signed), `${ORIGIN}/x`)
  })

  test('RD-02: works for ten minutes', () => {
    const clock = { now: 1_000 }
    const addresses = createReturnAddresses(
      keyOf(1),
      () => FIXTURE,
      () => clock.now,
    )
    const signed = addresses.sign({ host: HOST, target: '/x' }) ?? ''
    clock.now += 599_999
    assert.equal(addresses.open(signed)?.url, `${ORIGIN}/x`)
    clock.now += 1
    assert.equal(addresses.open(signed), null)
    const others = createReturnAddresses(
      keyOf(2),
      () => FIXTURE,
      () => 0,
    )
    assert.equal(others.open(signed), null)
  })

  test('RD-16: is forgotten when its app left the policy before the sign-in was done', async (t) => {
    const portal = await openPortal(t)
    await portal.addUser('alice')
    const browser = createBrowser(portal.portal)
    const location = (await browser.get(`${START}?rd=/x`)).headers['location'] ?? ''
    const page = await browser.get(location)
    await usePolicy(portal.context, POLICY.replace('hosts: [app.example.com]', 'hosts: [other.example.com]'))
    const body = { username: 'alice', password: PASSWORD, csrf: hidden(page, 'csrf'), rd: hidden(page, 'rd') }
    const { status, headers } = await browser.post(LOGIN, { body })
    assert.deepEqual([status, headers['location']], [303, HOME])
  })

  test('RD-13: that comes twice or under another name is none', async () => {
    const signed = await signedFor('/')
    const [host, target] = JSON.parse(Buffer.from(signed.split('.')[0] ?? '', 'base64url').toString()) as string[]
    assert.deepEqual([host, target], [HOST, '/'])
    const queries = [
      'rd=/a&rd=https://evil.test',
      'rd[]=/a',
      'rd[x]=/a',
      'RD=/a',
      'r%64=/a&rd=/b',
      'rd=/a&r%64=/b',
      'rd=%zz',
      'rd',
    ]
    for (const query of queries) {
      const location = await start(query)
      const wanted = JSON.parse(
        Buffer.from((location.split('rd=')[1] ?? '').split('.')[0] ?? '', 'base64url').toString(),
      ) as string[]
      assert.equal(wanted[1], '/', query)
    }
  })

  test('RD-19: whatever is asked for, Location never leaves the apps of the policy', () => {
    const part = fc.constantFrom(...PIECES)
    const texts = fc.array(part, { maxLength: 8 }).map((parts) => parts.join(''))
    const hosts = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(HOST, 'a.team.example.com') },
      { weight: 1, arbitrary: texts },
    )
    const addresses = createReturnAddresses(
      keyOf(0),
      () => FIXTURE,
      () => 0,
    )
    const allowed = /^(app|open|closed|[a-z0-9-]+\.team)\.example\.com$/
    let followed = 0
    fc.assert(
      fc.property(hosts, texts, fc.boolean(), (host, text, slash) => {
        const signed = addresses.sign({ host, target: slash ? `/${text}` : text })
        if (signed === null) return
        followed++
        const url = addresses.open(signed)?.url ?? assert.fail('signed but not opened')
        const { protocol, hostname, username, port } = new URL(url)
        assert.deepEqual([protocol, username, port], ['https:', '', ''])
        assert.match(hostname, allowed)
        assert.match(url, /^https:\/\/[a-z0-9.-]+\/[\x21-\x7e]*$/)
      }),
      { numRuns: 8_000 },
    )
    assert.ok(followed > 500, String(followed))
  })
})

function keyOf(byte: number): { minting: Buffer; all: Buffer[] } {
  const minting = Buffer.alloc(32, byte)
  return { minting, all: [minting] }
}
