import assert from 'node:assert/strict'
import { join } from 'node:path'
import { writeFileSync } from 'node:fs'
import { before, suite, test } from 'node:test'
import { statement } from '../../src/store/statement.ts'
import { visit } from '../account/factor-visitor.ts'
import { createBrowser, hidden, openPortal } from '../login/browser.ts'
import type { Browser, Page } from '../login/browser.ts'
import { ORIGIN, suiteCleanup, usePolicy } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { temporaryDirectory } from '../support/directories.ts'

const ADMIN = '/.postern/admin'
const MARKUP = '<img src=x onerror=alert(1)>'
const policyOf = (rules: string, more = ''): string => `version: 1
roles:
  reader: ['postern.policy:read']
  auditor: ['postern.audit:read']
  writer: ['postern.policy:read', 'postern.policy:write']
  user: ['api:read']
apps:
  - name: app
    hosts: [app.example.com]
    rules:
${rules}
${more}`
const OPEN = policyOf(
  '      - { path: /open/**, allow: anyone }\n      - { path: /late/**, deny: true, mode: monitor }\n      - { require: {} }',
)
const CLOSED = policyOf('      - { require: { role: user } }')
const ROLES = { root: 'postern-admin', rita: 'reader', aud: 'auditor', will: 'writer', alice: 'user' } as const
const LAST_EVENT = statement<[type: string], { actor_login: string; details: { version?: number; reason?: string } }>(
  'last_event_for_test',
  'select actor_login, details from auth.auth_audit_log where event_type = $1 order by seq desc limit 1',
)

suite('the policy in the console', () => {
  const t = suiteCleanup()
  let app: TestApp
  let root: Browser
  before(async () => {
    app = await openPortal(t, { policy: OPEN, env: { POSTERN_RATE_LIMITS: 'off' } })
    for (const [login, role] of Object.entries(ROLES)) await app.addUser(login, { roles: [role] })
    root = await signedIn('root')
  })

  const signedIn = async (username: keyof typeof ROLES): Promise<Browser> => {
    const browser = createBrowser(app.portal)
    assert.equal((await browser.signIn({ username })).status, 303)
    return browser
  }
  const post = async (browser: Browser, to: string, fields: Readonly<Record<string, string>>): Promise<Page> => {
    const page = await browser.get(`${ADMIN}/policy/try`)
    const own = { csrf: hidden(page, 'csrf'), expected: hidden(page, 'expected'), reason: '' }
    return browser.post(`${ADMIN}/policy/${to}`, { body: { ...own, ...fields } })
  }
  const inForce = (): number => app.context.policies.version

  test('each page is there, says what it holds, and has no script or style of its own', async () => {
    const paths = [
      'policy',
      'policy/apps/app',
      'policy/versions',
      'policy/versions/1',
      'policy/try',
      'policy/explain',
      'matrix',
    ]
    for (const path of paths) {
      const { status, text } = await root.get(`${ADMIN}/${path}`)
      assert.equal(status, 200, path)
      assert.doesNotMatch(text, / style="|\son\w+="|<script/, path)
    }
    assert.match((await root.get(`${ADMIN}/policy/apps/app`)).text, /\/open\/\*\*: allow anyone/)
    assert.match((await root.get(`${ADMIN}/policy?app=nothing-like-it`)).text, /No app of the policy fits/)
    const unknown = ['policy/apps/none', 'policy/versions/77', 'policy/versions/x', 'policy/versions/99999999999/file']
    for (const path of unknown) assert.equal((await root.get(`${ADMIN}/${path}`)).status, 404, path)
    for (const path of ['policy?after=-1', 'policy/versions?after=0', 'policy/versions/1?from=x', 'matrix?cols=x'])
      assert.equal((await root.get(`${ADMIN}/${path}`)).status, 400, path)
    const file = await root.get(`${ADMIN}/policy/versions/1/file`)
    assert.deepEqual([file.text, file.headers['content-disposition']], [OPEN, 'attachment; filename="policy-1.yaml"'])
  })

  test('what rules that only watch would have refused is counted beside them', async () => {
    app.context.metrics.monitored('app', 2, 'forbid')
    app.context.metrics.monitored('app', 2, 'forbid')
    const { text } = await root.get(`${ADMIN}/policy/apps/app`)
    assert.match(text, /only watches/)
    assert.match(text, /Forbidden: 2/)
  })

  test('a draft’s mistakes have line and column, and browsers’ ends of lines are none', async () => {
    const bad = await post(root, 'try', { source: OPEN.replace('allow: anyone', 'alow: anyone') })
    assert.deepEqual([bad.status, /<th scope="row"[^>]*>11<\/th>\s*<td[^>]*>\d+<\/td>/.test(bad.text)], [200, true])
    assert.doesNotMatch(bad.text, /policy\/apply/)
    const same = await post(root, 'try', { source: OPEN.replaceAll('\n', '\r\n') })
    assert.match(same.text, /Nothing differs\./)
  })

  test('its own tests decide, and what comes of them is shown', async () => {
    const tests = (expect: string): string =>
      `tests:\n  - { as: nobody, request: GET https://app.example.com/x, expect: ${expect} }\n`
    assert.match((await post(root, 'try', { source: OPEN + tests('allow') })).text, /expects allow and gets sign_in/)
    assert.match((await post(root, 'try', { source: OPEN + tests('sign_in') })).text, /1 test came out as expected/)
  })

  test('one that is fine shows the difference in words and lines, is applied with its reason, and rolled back', async () => {
    const tried = await post(root, 'replay', { source: CLOSED })
    assert.match(tried.text, /<del>-[^<]*\/open/)
    assert.match(tried.text, /line \d+ \/open\/\*\*: allow anyone/)
    assert.match(tried.text, /No decisions are recorded yet/)
    const before = inForce()
    assert.equal((await post(root, 'apply', { source: CLOSED })).status, 400)
    assert.equal(inForce(), before)
    const applied = await post(root, 'apply', { source: CLOSED, reason: MARKUP })
    assert.deepEqual(
      [applied.status, applied.headers['location']],
      [303, `${ADMIN}/policy/versions/${before + 1}?done=policy_applied`],
    )
    const [event] = await app.database.query(LAST_EVENT, 'policy_applied')
    assert.deepEqual([event?.actor_login, event?.details.reason], ['root', MARKUP])
    const asked = `${ADMIN}/policy/explain?${new URLSearchParams({ url: 'https://app.example.com/open/x' }).toString()}`
    assert.match((await root.get(asked)).text, /Sign in first/)
    const version = await root.get(`${ADMIN}/policy/versions/${before}`)
    const rolled = await root.post(`${ADMIN}/policy/versions/${before}/roll-back`, {
      body: { csrf: hidden(version, 'csrf'), expected: hidden(version, 'expected'), reason: 'too much' },
    })
    assert.equal(rolled.headers['location'], `${ADMIN}/policy/versions/${before + 2}?done=policy_rolled_back`)
    assert.match((await root.get(asked)).text, /badge ok">Allowed/)
  })

  test('CSRF-11: markup in reasons, rules and drafts is text', async () => {
    const marked = OPEN.replace('/open/**', `"/${MARKUP.replaceAll(' ', '%20')}"`)
    const pages = [
      await post(root, 'try', { source: `${marked}\n# ${MARKUP}</textarea>${MARKUP}` }),
      await post(root, 'try', { source: `${MARKUP}: ${MARKUP}` }),
      await root.get(`${ADMIN}/policy/versions`),
      await root.get(`${ADMIN}/audit`),
      await root.get(
        `${ADMIN}/policy/explain?url=${encodeURIComponent(`https://app.example.com/${MARKUP}`)}&user=${encodeURIComponent(MARKUP)}`,
      ),
    ]
    for (const { status, text } of pages) {
      assert.ok(status < 500)
      assert.ok(!text.includes('<img src=x'), text.slice(text.indexOf('<img src=x') - 200))
    }
  })

  test('of two editors the later one is told, keeps the draft and sees what differs now', async () => {
    const expected = String(inForce())
    assert.equal((await post(root, 'apply', { source: CLOSED, reason: 'first', expected })).status, 303)
    const late = await post(root, 'apply', { source: `${OPEN}# late\n`, reason: 'second', expected })
    assert.equal(late.status, 412)
    assert.match(late.text, new RegExp(`Meanwhile version ${inForce()} was put in force`))
    assert.ok(late.text.includes('# late') && late.text.includes('value="second"'))
    assert.equal(hidden(late, 'expected'), String(inForce()))
    const again = await post(root, 'apply', { source: `${OPEN}# late\n`, reason: 'second' })
    assert.equal(again.status, 303)
  })

  test('ADM-01: who may read may try and explain, but not apply; who may read the record learns nothing of the policy', async () => {
    const before = inForce()
    const rita = await signedIn('rita')
    const tried = await post(rita, 'try', { source: CLOSED })
    assert.match(tried.text, /not apply them/)
    assert.doesNotMatch(tried.text, /policy\/apply|policy\/replay/)
    for (const to of ['apply', 'replay'])
      assert.equal((await post(rita, to, { source: CLOSED, reason: 'x' })).status, 403, to)
    const aud = await signedIn('aud')
    assert.equal((await aud.get(`${ADMIN}/policy/try`)).status, 403)
    const csrf = hidden(await aud.get(`${ADMIN}/audit`), 'csrf')
    assert.notEqual(csrf, '')
    const replayed = await aud.post(`${ADMIN}/policy/replay`, { body: { csrf, expected: '0', source: CLOSED } })
    assert.equal(replayed.status, 200)
    assert.doesNotMatch(replayed.text, /\/open\//)
    assert.equal((await (await signedIn('alice')).get(`${ADMIN}/policy`)).status, 403)
    assert.equal(inForce(), before)
  })

  test('ADM-04: who may write policies gives nobody what he may not do himself', async () => {
    const before = inForce()
    const source = OPEN.replace("user: ['api:read']", "user: ['postern.users:write']")
    const refused = await post(await signedIn('will'), 'apply', { source, reason: 'more for me' })
    assert.equal(refused.status, 403)
    assert.ok(refused.text.includes('postern.users:write'), 'the draft stays')
    assert.equal(inForce(), before)
  })

  test('CSRF-01: nothing is applied without the form’s own token, and the draft stays; pages elsewhere are refused', async () => {
    const before = inForce()
    const others = hidden(await (await signedIn('will')).get(`${ADMIN}/policy/try`), 'csrf')
    for (const csrf of ['', 'x', others]) {
      const reply = await post(root, 'apply', { source: CLOSED, reason: 'x', csrf })
      assert.deepEqual([reply.status, reply.text.includes('require: { role: user }')], [403, true])
      assert.match(reply.text, /Nothing is lost/)
    }
    const page = await root.get(`${ADMIN}/policy/try`)
    const body = { csrf: hidden(page, 'csrf'), expected: hidden(page, 'expected'), source: CLOSED, reason: 'x' }
    const elsewhere = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
    for (const to of ['try', 'replay', 'apply']) {
      const reply = await root.post(`${ADMIN}/policy/${to}`, { body, headers: elsewhere })
      assert.deepEqual([reply.status, reply.text.includes('role: user')], [403, false], to)
    }
    const path = `${ADMIN}/policy/versions/1/roll-back`
    assert.equal((await root.post(path, { body: { csrf: 'x', expected: '1', reason: 'x' } })).status, 403)
    assert.equal(inForce(), before)
  })

  test('who hasn’t proven lately who he is keeps his draft and is shown the way', async () => {
    const before = inForce()
    const stale = await provenAt('root', Date.now() - 3_600_000)
    const reply = await post(stale, 'apply', { source: CLOSED, reason: 'long work' })
    assert.equal(reply.status, 403)
    assert.match(reply.text, /href="\/\.postern\/login\?rd=[^"]+prove=again"\s+target="_blank"/)
    assert.ok(reply.text.includes('require: { role: user }') && reply.text.includes('value="long work"'))
    const version = await stale.get(`${ADMIN}/policy/versions/1`)
    const rolled = await stale.post(`${ADMIN}/policy/versions/1/roll-back`, {
      body: { csrf: hidden(version, 'csrf'), expected: hidden(version, 'expected'), reason: 'why' },
    })
    assert.match(rolled.headers['location'] ?? '', /^\/\.postern\/login\?rd=/)
    assert.equal(inForce(), before)
  })

  test('DOS: a large body is read for those alone who may send one, up to the size of a policy', async () => {
    const body = `csrf=x&expected=0&source=${'a'.repeat(100_000)}`
    const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: ORIGIN }
    assert.equal((await createBrowser(app.portal).post(`${ADMIN}/policy/try`, { body, headers })).status, 401)
    assert.equal((await (await signedIn('alice')).post(`${ADMIN}/policy/try`, { body, headers })).status, 403)
    assert.equal((await root.post(`${ADMIN}/policy/try`, { body, headers })).status, 403)
    assert.equal((await root.post(`${ADMIN}/audit/export`, { body, headers })).status, 400)
    const announced = { ...headers, 'content-length': String(13 * 1_048_576) }
    assert.equal((await root.post(`${ADMIN}/policy/try`, { body, headers: announced })).status, 400)
  })

  test('the matrix shows each what he may open, and leads to why', async () => {
    await usePolicy(app.context, CLOSED)
    const { text } = await root.get(`${ADMIN}/matrix?search=al`)
    assert.match(
      text,
      /policy\/explain\?url=https%3A%2F%2Fapp\.example\.com%2F&#38;user=alice"><span class="badge ok">yes/,
    )
    const rita = await root.get(`${ADMIN}/matrix?search=rita`)
    assert.match(rita.text, /badge bad">no</)
    assert.match((await root.get(`${ADMIN}/matrix?search=zzz`)).text, /Nobody is found/)
  })

  async function provenAt(login: string, at: number): Promise<Browser> {
    const { token } = await visit(app, login, { password: at })
    const browser = createBrowser(app.portal)
    browser.jar.store(new URL(ORIGIN), [`__Host-postern=${token}; Path=/; Secure; HttpOnly`])
    return browser
  }
})

test('where a file rules, policies are read and tried, and nothing is applied', async (t) => {
  const file = join(await temporaryDirectory(t), 'policy.yaml')
  writeFileSync(file, OPEN)
  const app = await openPortal(t, { policy: OPEN, env: { POSTERN_POLICY_FILE: file } })
  await app.addUser('root', { roles: ['postern-admin'] })
  const root = createBrowser(app.portal)
  await root.signIn({ username: 'root' })
  assert.ok((await root.get(`${ADMIN}/policy`)).text.includes(file))
  const page = await root.get(`${ADMIN}/policy/try`)
  const body = { csrf: hidden(page, 'csrf'), expected: hidden(page, 'expected'), source: CLOSED, reason: 'x' }
  const tried = await root.post(`${ADMIN}/policy/try`, { body })
  assert.match(tried.text, /Nothing is wrong with this draft/)
  assert.doesNotMatch(tried.text, /policy\/apply/)
  assert.equal((await root.post(`${ADMIN}/policy/apply`, { body })).status, 409)
  assert.equal(app.context.policies.version, 1)
})
