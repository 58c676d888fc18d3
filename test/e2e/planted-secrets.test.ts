import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import test from 'node:test'
import type { TestContext } from 'node:test'
import { SECRETS } from '../../src/config/secrets.ts'
import { totpCode } from '../../src/credentials/totp-code.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { policyOf, runPostern, startSite } from '../support/e2e.ts'
import type { ProductionSite } from '../support/e2e.ts'
import { hiddenFields } from '../support/form.ts'
import type { Reply } from '../support/http.ts'
import { startCollector } from '../support/otlp.ts'
import { createPlanted } from '../support/planted.ts'
import type { Planted } from '../support/planted.ts'
import { administer, startPostgres } from '../support/postgres.ts'
import { startRedis } from '../support/redis.ts'
import { linkIn, startSmtpServer } from '../support/smtp.ts'
import { until } from '../support/until.ts'
import { createPerson } from './person.ts'
import type { Person } from './person.ts'

const STEP_MS = 30_000
const WITHIN_MS = 20_000
const PORTAL = '/.postern'
const FACTORS = `${PORTAL}/account/factors`
/** Of sentinels and of TLS to Redis, which this set-up has none of. */
const ELSEWHERE = [
  'POSTERN_REDIS_SENTINEL_PASSWORD',
  'POSTERN_REDIS_CA',
  'POSTERN_REDIS_CERTIFICATE',
  'POSTERN_REDIS_KEY',
]

const DONE = [
  'sign_in',
  'sign_in_second_factor',
  'sign_in_throttled',
  'factor_added',
  'recovery_codes_renewed',
  'password_reset',
  'invitation_sent',
  'api_token_created',
  'backup_made',
]

/** The whole set-up with everything that is said anywhere. */
interface Scene {
  readonly site: ProductionSite
  readonly planted: Planted
  readonly env: Readonly<Record<string, string>>
  /** Texts by where they stood. */
  readonly heard: Map<string, string>
  readonly hear: (where: string, text: string) => void
}

test('LOG-02: a planted secret is in no log, metric, trace, error or mail', { timeout: 240_000 }, async (t) => {
  const planted = createPlanted()
  const heard = new Map<string, string>()
  const hear = (where: string, text: string): void => void heard.set(where, `${heard.get(where) ?? ''}${text}\n`)
  const postgres = await startPostgres()
  t.after(() => postgres.close())
  await administer(postgres.urlPrefix, 'create database postern')
  const collector = await startCollector(t)
  const smtp = await startSmtpServer(t)
  const redisPassword = planted.plant('password of Redis')
  const redis = await startRedis(t, { password: redisPassword })
  const proxySecret = planted.plant('proxy secret')
  const password = planted.plant('password of PostgreSQL')
  const databaseUrl = `${postgres.urlPrefix}postern`.replace(/\/\/postgres@/, `//postgres:${password}@`)
  assert.ok(databaseUrl.includes(password), databaseUrl)
  const env: Record<string, string> = {
    POSTERN_LOG_LEVEL: 'debug',
    POSTERN_SECRET_KEY: planted.plant('secret key'),
    POSTERN_DATABASE_READ_URL: databaseUrl,
    POSTERN_BACKUP_PASSPHRASE: planted.plant('passphrase of backups'),
    POSTERN_PROXY_SECRET: proxySecret,
    POSTERN_BASIC_PASSWORD: planted.plant('password of {basic}'),
    POSTERN_IMPORT_PEPPER: planted.plant('import pepper'),
    POSTERN_REDIS_URL: `redis://:${redisPassword}@127.0.0.1:${redis.port}`,
    POSTERN_SMTP_URL: `smtp://mailer:${planted.plant('password of the mail server')}@127.0.0.1:${smtp.port}`,
    POSTERN_MAIL_FROM: 'auth@example.com',
    POSTERN_TRACES_URL: collector.url,
    POSTERN_TRACES_SAMPLE: '1',
    POSTERN_TRACES_HEADERS: `Authorization=Bearer ${planted.plant('key of the collector')}`,
    POSTERN_RATE_LIMITS: 'off',
    ...(await startWebhook(t, planted, hear)),
  }
  const unplanted = Object.values(SECRETS)
    .map(({ name }) => name as string)
    .filter((name) => !(name in env) && name !== 'POSTERN_DATABASE_URL' && !ELSEWHERE.includes(name))
  assert.deepEqual(unplanted, [], 'a secret setting that this test knows nothing of: plant it as well')
  const edit = (text: string): string =>
    text.replace(
      'include postern/verify.conf;',
      `include postern/verify.conf;\n        proxy_set_header X-Postern-Secret "${proxySecret}";`,
    )
  const site = await startSite(t, { verify: 'unix', databaseUrl, env, edit })
  const scene: Scene = { site, planted, env: site.postern.env, heard, hear }
  const stopLooking = lookAtArguments(hear)
  t.after(stopLooking)
  await usePolicy(t, scene, 'headers: { Authorization: "{basic}" }')
  await visit(t, scene, smtp)
  await usePolicy(t, scene, 'basic: true')
  await askVerify(t, scene)
  await send(scene, createPerson(t, site))
  await useCommands(t, scene)
  hear('metrics', await text(scene, '/metrics'))
  hear('health', await text(scene, '/health/detail'))
  await postgres.stop()
  await meetDatabaseErrors(t, scene)
  await postgres.start()
  hear('metrics', await text(scene, '/metrics'))
  assert.equal(await site.postern.stop(), 0)
  await stopLooking()

  hear('log', site.postern.logs())
  hear("nginx's access log", site.nginx.accessLog())
  hear(
    'traces',
    collector
      .spans()
      .map((span) => JSON.stringify(span))
      .join('\n'),
  )
  assert.ok(collector.spans().length > 100 && site.postern.logs().length > 10_000, 'there is something to look through')
  for (const { headers, text: body, html } of smtp.mails) hear('mails', [...headers, body, html].join('\n'))
  for (const where of ['log', 'metrics', 'health', 'traces', 'errors', 'commands', 'mails', 'arguments', 'webhook'])
    assert.ok((heard.get(where) ?? '') !== '', `nothing was heard in ${where}`)
  // What was to be done with secrets was done, and not only refused.
  for (const event of DONE) assert.ok(heard.get('webhook')?.includes(`"${event}"`), `${event} never happened`)
  const leaks = [...heard].flatMap(([where, said]) => planted.leaksIn(where, where === 'mails' ? unlinked(said) : said))
  assert.deepEqual(leaks, [])
})

test('the search finds each spelling of a secret, and a part of it', () => {
  const planted = createPlanted()
  const secret = planted.plant('secret')
  planted.found('code', '123456')
  const bytes = Buffer.from(secret)
  const told = [
    `"${secret}"`,
    secret.slice(3, 23),
    encodeURIComponent(`a ${secret}`),
    bytes.toString('hex'),
    bytes.toString('hex').replace(/../g, '%$&'),
    ...['', 'a', 'ab'].map((before) => Buffer.from(`${before}${secret}after`).toString('base64')),
    ...['', 'a', 'ab'].map((before) => Buffer.from(`${before}${secret}after`).toString('base64url')),
    'the code 123456 was wrong',
  ]
  for (const text of told) assert.equal(planted.leaksIn('text', text).length, 1, text)
  for (const text of ['', secret.slice(0, 19), '1234567', '0.123456', 'nothing'])
    assert.deepEqual(planted.leaksIn('text', text), [], text)
})

/** What takes audit events, and may be told no secret either; with the settings that name it. */
async function startWebhook(t: TestContext, planted: Planted, hear: Scene['hear']): Promise<Record<string, string>> {
  const server = createServer((received, response) => {
    received.on('data', (chunk: Buffer) => hear('webhook', chunk.toString()))
    received.on('end', () => response.end())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    POSTERN_AUDIT_WEBHOOK_URL: `http://127.0.0.1:${port}/${planted.plant('address of the webhook')}`,
    POSTERN_AUDIT_WEBHOOK_SECRET: planted.plant('secret of the webhook'),
  }
}

/** Links in mails carry secrets, and rightly so. */
function unlinked(mails: string): string {
  return mails.replace(/https?:\/\/\S+/g, '')
}

/** Applies the policy with something more for the app, and waits until it decides. */
async function usePolicy(t: TestContext, { site }: Scene, more: string): Promise<void> {
  const folder = await temporaryDirectory(t)
  const rules = ['{ path: /api/**, require: {} }', '{ path: /both/**, require: { factors: 2 } }']
  const file = join(folder, 'policy.yaml')
  writeFileSync(file, policyOf(site.origin, rules).replace('    rules:', `    ${more}\n    rules:`))
  const inForce = (): number => site.postern.logs().split('policy in force').length
  const before = inForce()
  await site.command(['policy', 'apply', file])
  await until('the policy is in force', WITHIN_MS, () => inForce() > before)
}

/** Everything that a person can do with secrets in the pages, rightly and wrongly. */
async function visit(t: TestContext, scene: Scene, smtp: Awaited<ReturnType<typeof startSmtpServer>>): Promise<void> {
  const { site, planted } = scene
  const password = planted.plant('password')
  const wrong = planted.plant('wrong password')
  await create(scene, 'carol', password)
  const carol = listened(scene, createPerson(t, site))
  for (let tries = 0; tries < 4; tries++) await carol.signIn(`${PORTAL}/login`, 'carol', wrong)
  await carol.signIn(`${PORTAL}/login`, planted.plant('password in the wrong field'), wrong)
  await carol.signIn(`${PORTAL}/login`, `${wrong}\u0000`, `${wrong}\u0000`)
  assert.equal((await carol.signIn(`${PORTAL}/login`, 'carol', password)).status, 200)
  rememberCookies(scene, carol, 'session')
  await carol.open('/api/x', { headers: { cookie: `__Host-postern=${planted.plant('forged session')}` } })

  const totp = await addTotp(scene, carol)
  const codes = await recoveryCodes(scene, carol)
  await carol.open('/both/x', { redirects: 5 })
  const again = listened(scene, createPerson(t, site))
  await again.signIn(`${PORTAL}/login`, 'carol', password)
  rememberCookies(scene, again, 'half-done sign-in')
  await secondStep(again, 'totp', planted.found('wrong code', wrongCode(totp)))
  await secondStep(again, 'totp', planted.found('code', totpCode(totp, Math.floor(Date.now() / STEP_MS) + 1)))
  rememberCookies(scene, again, 'session with two factors')
  const recovering = listened(scene, createPerson(t, site))
  await recovering.signIn(`${PORTAL}/login`, 'carol', password)
  await secondStep(recovering, 'recovery', planted.plant('wrong recovery code'))
  await secondStep(recovering, 'recovery', codes[0] ?? '')

  await recover(t, scene, smtp)
  await send(scene, carol)
  const throttled = listened(scene, createPerson(t, site))
  for (let tries = 0; tries < 15; tries++) await throttled.signIn(`${PORTAL}/login`, 'dave', wrong)
}

async function addTotp(scene: Scene, person: Person): Promise<Buffer> {
  const begun = await post(scene, person, FACTORS, `${FACTORS}/totp`, {})
  const shown = /type this key into it: <code>([A-Z2-7 ]+)<\/code>/.exec(begun.text)?.[1] ?? assert.fail(begun.text)
  scene.planted.found('TOTP secret as shown', shown)
  const base32 = scene.planted.found('TOTP secret', shown.replaceAll(' ', ''))
  const key = Buffer.from(
    (
      base32
        .replace(/./g, (letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'))
        .match(/.{8}/g) ?? []
    ).map((byte) => parseInt(byte, 2)),
  )
  scene.planted.found('TOTP key', key.toString('latin1'))
  const name = 'phone'
  await post(scene, person, FACTORS, `${FACTORS}/totp/confirm`, {
    code: scene.planted.found('first wrong code', wrongCode(key)),
    name,
  })
  const code = scene.planted.found('first code', totpCode(key, Math.floor(Date.now() / STEP_MS) - 1))
  const added = await post(scene, person, FACTORS, `${FACTORS}/totp/confirm`, { code, name })
  assert.ok([200, 303].includes(added.status), added.text)
  return key
}

async function recoveryCodes(scene: Scene, person: Person): Promise<readonly string[]> {
  const page = await post(scene, person, FACTORS, `${FACTORS}/recovery-codes`, {})
  const codes = [...page.text.matchAll(/<code>([A-Za-z0-9-]{8,})<\/code>/g)].map(([, code = '']) => code)
  assert.ok(codes.length > 0, page.text)
  return codes.map((code, index) => scene.planted.found(`recovery code ${index}`, code))
}

async function secondStep(person: Person, factor: string, code: string): Promise<void> {
  const path = `${PORTAL}/login/second-factor`
  const page = await person.open(factor === 'totp' ? path : `${path}?factor=${factor}`)
  await person.open(path, { method: 'POST', body: { ...hiddenFields(page.text, path), code, factor } })
}

async function recover(t: TestContext, scene: Scene, smtp: Awaited<ReturnType<typeof startSmtpServer>>): Promise<void> {
  const { site, planted } = scene
  const person = listened(scene, createPerson(t, site))
  await post(scene, person, `${PORTAL}/reset`, `${PORTAL}/reset`, { username: 'bob' })
  const link = linkIn(await smtp.next('bob@example.com'))
  planted.found('reset link', lastPart(link.pathname))
  await person.open(`${link.pathname}${planted.plant('rest of a broken link')}`)
  const page = await person.open(link.pathname, { redirects: 3 })
  const action = `${PORTAL}/reset/password`
  const fields = hiddenFields(page.text, action)
  const chosen = planted.plant('new password')
  await person.open(action, {
    method: 'POST',
    body: { ...fields, password: chosen, csrf: planted.plant('forged CSRF token') },
  })
  await person.open(action, { method: 'POST', body: { ...fields, password: 'short' } })
  await person.open(action, { method: 'POST', body: { ...fields, password: chosen } })
  await person.open(link.pathname, { redirects: 3 })
  await site.command(['user', 'invite', '--email', 'erin@example.com'])
  const invited = linkIn(await smtp.next('erin@example.com'))
  planted.found('invitation', lastPart(invited.pathname))
  await person.open(invited.pathname, { redirects: 3 })
}

/** What is malformed, forged or too much, in every place that a request has. */
async function send(scene: Scene, person: Person): Promise<void> {
  const { planted } = scene
  const query = planted.plant('query')
  const paths = [`/?secret=${query}`, `${PORTAL}/login?rd=${query}`, `${PORTAL}/start?rd=/${query}`, `/a%00?${query}`]
  for (const path of [...paths, `${PORTAL}/nothing?${query}`, `${PORTAL}/callback?code=${query}`, `/old/?${query}`])
    await person.open(path)
  const bearer = planted.plant('Authorization')
  const basic = Buffer.from(`carol:${planted.plant('password by Basic')}`).toString('base64')
  for (const authorization of [`Bearer ${bearer}`, `Bearer pst_${bearer}`, `Basic ${basic}`, bearer])
    for (const path of ['/api/x', `${PORTAL}/api/v2/auth/session`])
      await person.open(path, { headers: { authorization } })
  const page = await person.open(`${PORTAL}/account/password`)
  for (const csrf of Object.values(hiddenFields(page.text, `${PORTAL}/account/password`)))
    if (csrf.length > 20) planted.found('CSRF token', csrf)
  const login = `${PORTAL}/api/v2/auth/login`
  const secret = planted.plant('password in a broken body')
  for (const body of [`{"password":"${secret}`, `{"password":["${secret}"]}`, `{"${secret}":1}`, `"${secret}"`])
    await person.open(login, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
  await person.open(login, { method: 'POST', body: secret, headers: { 'content-type': `text/${secret}` } })
  await person.open(`${PORTAL}/login`, {
    method: 'POST',
    body: { username: 'carol', password: secret, csrf: planted.plant('another forged CSRF token') },
  })
}

const DIALECTS: Readonly<Record<string, (target: string) => Readonly<Record<string, string>>>> = {
  '/verify/nginx/app/app': (target) => ({
    'X-Original-Method': 'GET',
    'X-Original-Proto': 'https',
    'X-Original-Host': 'app.example.com',
    'X-Original-URI': target,
    'X-Real-IP': '192.0.2.7',
  }),
  '/verify/ingress-nginx/app/app': (target) => ({
    'X-Original-Method': 'GET',
    'X-Original-URL': `https://app.example.com${target}`,
    'X-Real-IP': '192.0.2.7',
  }),
  '/verify/forward/app/app': (target) => ({
    'X-Forwarded-Method': 'GET',
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-Host': 'app.example.com',
    'X-Forwarded-Uri': target,
    'X-Forwarded-For': '192.0.2.7',
  }),
}

async function askVerify(_t: TestContext, scene: Scene): Promise<void> {
  const { planted, env } = scene
  const socketPath = (env['POSTERN_VERIFY_LISTEN'] ?? '').replace('unix:', '')
  const target = `/api/x?token=${planted.plant('query of verify')}`
  const cookie = `__Host-postern=${planted.plant('forged session cookie')}; postern=${planted.plant('another one')}`
  const authorization = `Bearer pst_${planted.plant('forged API token')}`
  for (const [path, headersFor] of Object.entries(DIALECTS)) {
    const headers = { ...headersFor(target), Host: 'postern' }
    const told = { 'X-Postern-Secret': env['POSTERN_PROXY_SECRET'] ?? '' }
    for (const extra of [
      told,
      { ...told, cookie },
      { ...told, authorization },
      { ...told, cookie, authorization },
      { ...told, 'X-Original-URI': `${target}\u00ff`, 'X-Forwarded-Uri': `${target} x` },
      { 'X-Postern-Secret': planted.plant('wrong proxy secret'), cookie },
      {},
    ])
      scene.hear('errors', await ask(socketPath, path, { ...headers, ...extra }))
    scene.hear('errors', await ask(socketPath, path, { Host: 'postern', cookie, ...told }))
    scene.hear(
      'errors',
      await ask(socketPath, `${path}/${planted.plant('path of verify')}?${planted.plant('its query')}`, headers),
    )
  }
}

function ask(socketPath: string, path: string, headers: Readonly<Record<string, string>>): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path, headers, agent: false }, (response) => {
      let body = `${response.statusCode} ${response.rawHeaders.join(' ')}\n`
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('end', () => resolve(body))
    })
    sent.on('error', reject).end()
  })
}

/** Commands that go well, and those that tell of a mistake. */
async function useCommands(t: TestContext, scene: Scene): Promise<void> {
  const { planted, env } = scene
  const made = await runPostern(env, ['token', 'create', 'carol', '--name', 'ci'])
  const token = /pst_[\w-]+/.exec(made.stdout)?.[0]
  if (token === undefined) assert.fail(made.stderr + made.stdout)
  planted.found('API token', token)
  scene.hear('commands', made.stderr)
  const socketPath = (env['POSTERN_VERIFY_LISTEN'] ?? '').replace('unix:', '')
  // From where no forged ones came.
  const told = { 'X-Postern-Secret': env['POSTERN_PROXY_SECRET'] ?? '', Host: 'postern', 'X-Real-IP': '198.51.100.9' }
  const headers = { ...DIALECTS['/verify/nginx/app/app']?.('/api/x'), ...told, authorization: `Bearer ${token}` }
  const answer = await ask(socketPath, '/verify/nginx/app/app', headers)
  assert.match(answer, /^200/, scene.site.postern.logs().split('\n').slice(-5).join('\n'))
  const backup = join(await temporaryDirectory(t), 'backup')
  const good = [
    ['user', 'list'],
    ['user', 'show', 'carol', '--json'],
    ['session', 'list', '--json'],
    ['token', 'list', '--json'],
    ['attempts', 'list', '--json'],
    ['audit', 'search', '--json'],
    ['audit', 'export', '--format', 'jsonl'],
    ['audit', 'decisions', '--json'],
    ['policy', 'export'],
    ['config', 'check'],
    ['config', 'reference'],
    ['backup', backup],
    ['restore', '--check', backup],
    ['user', 'nothing'],
    ['user', 'create'],
  ]
  for (const args of good) await hearCommand(scene, env, args)
  const typed = planted.plant('password as an argument')
  await hearCommand(scene, env, ['user', 'password', 'carol', typed])
  await hearCommand(
    scene,
    env,
    ['user', 'password', 'carol', '--password-stdin'],
    `${planted.plant('too weak')}\u0000\n`,
  )
  for (const { name } of Object.values(SECRETS))
    await hearCommand(scene, { ...env, [name]: planted.plant(`a mistake in ${name}`).slice(0, 31) }, ['user', 'list'])
  const refused = (env['POSTERN_DATABASE_URL'] ?? '').replace(/host=[^&]*/, 'host=/nowhere')
  await hearCommand(scene, { ...env, POSTERN_DATABASE_URL: refused }, ['user', 'list'])
}

async function hearCommand(scene: Scene, env: Scene['env'], args: readonly string[], input = ''): Promise<void> {
  const { stdout, stderr } = await runPostern(env, args, input)
  scene.hear('commands', `${stdout}${stderr}`)
}

async function meetDatabaseErrors(t: TestContext, scene: Scene): Promise<void> {
  const { planted, env } = scene
  const person = listened(scene, createPerson(t, scene.site))
  const form = await person.open(`${PORTAL}/login`)
  const fields = hiddenFields(form.text, `${PORTAL}/login`)
  const password = planted.plant('password without a database')
  await person.open(`${PORTAL}/login`, { method: 'POST', body: { ...fields, username: 'carol', password } })
  await person.open(`${PORTAL}/reset/${planted.plant('link without a database')}`, { redirects: 2 })
  await askVerify(t, scene)
  await hearCommand(scene, env, ['user', 'list'])
  await until('the log tells of it', WITHIN_MS, () => /can not be read/.test(scene.site.postern.logs()))
}

async function create({ env, hear }: Scene, login: string, password: string): Promise<void> {
  const profile = ['--email', `${login}@example.com`, '--name', login, '--role', 'staff', '--password-stdin']
  const { exitCode, stdout, stderr } = await runPostern(env, ['user', 'create', login, ...profile], `${password}\n`)
  assert.equal(exitCode, 0, stderr)
  hear('commands', stdout + stderr)
}

/** The same person, of whom every answer that is no success is heard. */
function listened(scene: Scene, person: Person): Person {
  const hear = (reply: Reply): Reply => {
    const isForm = reply.text.includes('<form')
    const { 'set-cookie': _, location: __, ...headers } = reply.headers
    if (reply.status >= 400)
      scene.hear('errors', `${JSON.stringify(headers)}${isForm ? unhidden(reply.text) : reply.text}`)
    return reply
  }
  return {
    ...person,
    open: async (path, options) => hear(await person.open(path, options)),
    signIn: async (path, login, password) => hear(await person.signIn(path, login, password)),
  }
}

/** A page that asks again has form tokens of its own, and what its reader typed as a name. */
function unhidden(page: string): string {
  return page.replace(/<input type="hidden"[^>]*>|<input[^>]*name="username"[^>]*>/g, '')
}

async function post(
  scene: Scene,
  person: Person,
  page: string,
  action: string,
  fields: Readonly<Record<string, string>>,
): Promise<Reply> {
  const form = await person.open(page)
  const hidden = hiddenFields(form.text, action)
  const csrf = Object.keys(hidden).length > 0 ? hidden : hiddenFields(form.text, `${FACTORS}/totp`)
  return person.open(action, { method: 'POST', body: { ...csrf, ...fields }, headers: { origin: scene.site.origin } })
}

function rememberCookies({ planted, site }: Scene, { jar }: Person, name: string): void {
  for (const pair of jar.header(new URL(`${site.origin}${PORTAL}/account`)).split('; ')) {
    const value = pair.slice(pair.indexOf('=') + 1)
    if (value.length >= 20) planted.found(`${name} cookie`, value)
  }
}

function wrongCode(key: Buffer): string {
  const step = Math.floor(Date.now() / STEP_MS)
  const right = [-2, -1, 0, 1, 2].map((later) => totpCode(key, step + later))
  return ['402917', '731846', '958203', '846271', '615938', '270495'].find((code) => !right.includes(code)) ?? ''
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

async function text({ env }: Scene, path: string): Promise<string> {
  return (await fetch(`http://${env['POSTERN_OPS_LISTEN']}${path}`)).text()
}

/** Reads the arguments of all our processes again and again, until told to stop. */
function lookAtArguments(hear: Scene['hear']): () => Promise<void> {
  const seen = new Set<string>()
  let isStopped = false
  const look = (): void => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        // Whoever types a password as an argument has told it himself.
        if (line.includes('src/') && !seen.has(line) && !line.includes(' user password carol ')) {
          seen.add(line)
          hear('arguments', line)
        }
      } catch {
        // It has ended meanwhile.
      }
    }
  }
  const looking = until('the end', 600_000, () => {
    look()
    return isStopped
  })
  return async () => {
    isStopped = true
    await looking
  }
}
