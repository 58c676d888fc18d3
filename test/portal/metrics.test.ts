import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { keepCounting } from '../../src/chores/monitor.ts'
import { createOpsApp } from '../../src/portal/app.ts'
import { COUNT_SIGN_INS } from '../../src/sessions/count-sign-ins-table.ts'
import { createBrowser, openPortal } from '../login/browser.ts'
import { HOST, openTestApp, PASSWORD } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { createRandom } from '../support/random.ts'

const PROMTOOL = '/usr/bin/promtool'
const NO_LIMITS = { POSTERN_RATE_LIMITS: 'off' }

test('whatever visitors send, 10,000 odd requests leave the number of series where it was', async (t) => {
  const app = await openPortal(t, { env: NO_LIMITS })
  const random = createRandom(8)
  for (let count = 0; count < 2_000; count++) await oddRequest(app, random)
  const before = await seriesOf(app)
  for (let count = 0; count < 10_000; count++) await oddRequest(app, random)
  assert.deepEqual(await seriesOf(app), before)
  assert.ok(before.length > 20, before.join('\n'))
  assert.equal(before.join('\n').includes('planted'), false)
})

test('promtool reads what /metrics says and finds nothing wrong with our names', async (t) => {
  const app = await openPortal(t)
  await app.addUser('alice')
  await app.verify.inject(verifyOf('/', `__Host-postern=${await app.token('alice')}`))
  await createBrowser(app.portal).get('/.postern/login')
  const ops = createOpsApp(app.context.metrics, {})
  t.after(() => ops.close())
  const { payload } = await ops.inject('/metrics')
  const { status, stdout, stderr } = spawnSync(PROMTOOL, ['check', 'metrics'], { input: payload, encoding: 'utf8' })
  // 3 is what it gives for names that it would choose otherwise; those of Node are the library's.
  assert.ok(status === 0 || status === 3, `${status}: ${stderr}`)
  const ours = (stdout + stderr).split('\n').filter((line) => /postern_|auth_|session_/.test(line))
  assert.deepEqual(ours, [])
})

test('what is done shows: who was looked for, hashed, changed and answered', async (t) => {
  const app = await openPortal(t)
  await app.addUser('alice')
  const { context } = app
  const token = await app.token('alice')
  const cookie = `__Host-postern=${token}`
  const [one, other] = await Promise.all([
    app.verify.inject(verifyOf('/', cookie)),
    app.verify.inject(verifyOf('/', cookie)),
  ])
  assert.deepEqual([one.statusCode, other.statusCode], [200, 200])
  await context.passwords.verify(null, PASSWORD)
  await createBrowser(app.portal).get('/.postern/login')
  await context.sessions.endAllOf('alice', 'revoked')
  const text = await context.metrics.expose()
  const valueOf = (series: string): number =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${series} `))
        ?.split(' ')
        .at(-1),
    )
  const way = 'decision="allow",dialect="nginx",app="app",tier="l3",lane="ordinary"'
  assert.equal(valueOf(`postern_verify_duration_seconds_count{${way}}`), 2)
  assert.equal(valueOf('postern_shared_waits_total'), 1)
  assert.ok(valueOf('postern_password_hash_duration_seconds_count') >= 2)
  assert.ok(valueOf('postern_password_hash_duration_seconds_sum') > 0.01)
  assert.equal(valueOf('postern_password_hashes{state="running"}'), 0)
  // The policy's own change, and that of the sign-ins.
  assert.equal(valueOf('postern_changes_lag_seconds_count'), 2)
  assert.ok(valueOf('postern_changes_lag_seconds_sum') > 0)
  const page = 'listener="portal",route="/.postern/login",status="2xx"'
  assert.equal(valueOf(`postern_http_request_duration_seconds_count{${page}}`), 1)
  assert.equal(valueOf('session_duration_seconds_count{user_type="person"}'), 1)
  assert.ok(valueOf('postern_memory_limit_bytes') > 0)
})

test('one process of a machine counts sign-ins and the ages of keys, the others say nothing of them', async (t) => {
  const { context, addUser, token, database } = await openTestApp(t)
  await addUser('alice')
  for (let count = 0; count < 3; count++) await token('alice')
  assert.deepEqual(await database.query(COUNT_SIGN_INS), [{ count: 3 }])
  await using opened = new AsyncDisposableStack()
  await keepCounting(context, { leads: async () => true }, opened)
  const text = await context.metrics.expose()
  assert.match(text, /^postern_sessions_active 3$/m)
  for (const purpose of ['token', 'pepper', 'assertion', 'sealing'])
    assert.match(text, new RegExp(`^postern_key_age_seconds\\{purpose="${purpose}"\\} \\d`, 'm'))
  await keepCounting(context, { leads: async () => false }, opened)
  assert.doesNotMatch(await context.metrics.expose(), /^postern_(?:sessions_active|key_age_seconds)\S* \d/m)
})

function verifyOf(path: string, cookie: string) {
  const original = { method: 'GET', proto: 'https', host: HOST, uri: path }
  const headers = Object.entries(original).map(([name, value]) => [`x-original-${name}`, value] as const)
  return { url: '/verify/nginx', headers: { ...Object.fromEntries(headers), 'x-real-ip': '192.0.2.1', cookie } }
}

type Random = (limit: number) => number

function oddRequest(app: TestApp, random: Random): Promise<unknown> {
  const word = (): string => `planted${random(1_000_000_000)}`
  const any = <T>(...choices: readonly [T, ...T[]]): T => choices[random(choices.length)] ?? choices[0]
  if (random(10) > 1) {
    const headers = {
      'x-original-method': any('GET', 'POST', word()),
      'x-original-proto': any('https', 'http', word()),
      'x-original-host': any<string>(HOST, `${word()}.team.example.com`, word()),
      'x-original-uri': any('/public/', '/admin/', `/${word()}`, `/public/%2e%2e/${word()}`, word()),
      'x-real-ip': any('192.0.2.1', word()),
      cookie: any('', `__Host-postern=${word()}`),
      authorization: any('', `Bearer ${word()}`, word()),
    }
    const url = any('/verify/nginx', '/verify/nginx/app/app', `/verify/nginx/app/${word()}`, `/verify/${word()}`)
    return app.verify.inject({ url, headers })
  }
  const method = any('GET', 'POST', 'DELETE')
  const path = any('login', 'account', word(), `invite/${word()}`, `api/v2/${word()}`)
  const headers = { host: any<string>(HOST, word()) }
  return createBrowser(app.portal).send(method, `/.postern/${path}?rd=${word()}`, { headers })
}

/** Names and labels of all that the program tells of itself. */
async function seriesOf({ context }: TestApp): Promise<string[]> {
  const lines = (await context.metrics.expose()).split('\n').filter((line) => /^(?:postern|auth|session)_/.test(line))
  return lines.map((line) => line.slice(0, line.lastIndexOf(' ')))
}
