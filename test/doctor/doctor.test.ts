import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkAround, checkCookieDomain } from '../../src/doctor/address-checks.ts'
import type { Finding } from '../../src/doctor/finding.ts'
import { describeFindings } from '../../src/doctor/finding.ts'
import { isPublicSuffix } from '../../src/doctor/public-suffix.ts'
import { checkOwnPages } from '../../src/doctor/setup-checks.ts'
import { signInAt } from '../../src/doctor/sign-in.ts'
import { createAsk } from '../../src/doctor/site.ts'
import { COUNT_VALID_SESSIONS } from '../../src/sessions/count-sessions-table.ts'
import { startDemoApp } from '../../src/processes/demo.ts'
import { PASSWORD } from '../support/app.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { runPostern } from '../support/e2e.ts'
import type { CommandOutcome } from '../support/e2e.ts'
import { startEchoApp } from '../support/echo-app.ts'
import { freePort } from '../support/ports.ts'
import { openClinic, PAGE, wrongs } from './clinic.ts'
import type { Clinic, Fault } from './clinic.ts'

const OPENS_IN_TROUBLE: Fault = {
  protect: [['error_page 403 =403', 'error_page 502 504 =200 @open;\nerror_page 500 =200 @open;\nerror_page 403 =403']],
  site: [['location / {', 'location @open { auth_request off; proxy_pass http://app; }\n    location / {']],
}

test('the gateway is only stopped when asked, and only an open page is then wrong', async (t) => {
  for (const [fault, expected] of [
    [{}, []],
    [OPENS_IN_TROUBLE, ['fails_open']],
  ] as const) {
    const clinic = await openClinic(t, fault)
    const asked: string[] = []
    const pause = async (request: string): Promise<void> => {
      asked.push(request)
      if (asked.length === 1) await clinic.stopGateway()
    }
    const findings = await clinic.examine({ pause })
    assert.deepEqual([wrongs(findings), asked.length], [expected, 2])
    assert.equal(levelOf(findings, 'stopped') ?? 'found', expected.length === 0 ? 'fine' : 'found')
  }
})

test('the bundled demo app shows enough, but for cookies', async (t) => {
  const { url, server } = await startDemoApp()
  t.after(() => server.close())
  const findings = await (await openClinic(t, {}, url.host)).examine()
  assert.deepEqual(wrongs(findings), [])
  assert.deepEqual([levelOf(findings, 'identity'), levelOf(findings, 'session_cookie')], ['fine', 'unchecked'])
  const faulty = await openClinic(t, { protect: [['proxy_set_header Remote-Email $postern_email;', '']] }, url.host)
  assert.deepEqual(wrongs(await faulty.examine()), ['forged_header'])
})

test('signing in works as a person does it, and says where it ended when it does not', async (t) => {
  const { way, parts, examine, app } = await openClinic(t)
  const outcome = await signInAt({ ...way, url: new URL(PAGE, way.url) }, 'alice', PASSWORD)
  assert.ok(typeof outcome !== 'string', JSON.stringify(outcome))
  assert.match(outcome.cookie, /__Host-postern=ps1/)
  assert.deepEqual(outcome.cookieScope, { kind: 'host' })
  assert.equal(app.requests.at(-1)?.url, PAGE)
  assert.deepEqual(wrongs(await examine({ cookieScope: outcome.cookieScope })), [])
  const signIns = async (): Promise<unknown> => (await parts.database.query(COUNT_VALID_SESSIONS))[0]?.sessions
  assert.equal(await signIns(), 2)
  assert.equal(await outcome.signOut(), true)
  assert.equal(await signIns(), 1, 'the one of the clinic stays')
  assert.equal(await outcome.signOut(), false)
  assert.match(
    JSON.stringify(await signInAt(way, 'alice', 'wrong')),
    /^"Signing in ended at app\.example\.com:\d+ with 401/,
  )
  await parts.portal.close()
  assert.match(JSON.stringify(await signInAt(way, 'alice', PASSWORD)), /^"No sign-in page was reached/)
})

test('the command exits with 1 when something is wrong, and never shows password or cookie', async (t) => {
  const good = await openClinic(t)
  const folder = await temporaryDirectory(t)
  const file = join(folder, 'cookie')
  const token = await good.parts.token('alice')
  writeFileSync(file, `Cookie: __Host-postern=${token}\n`)
  const signed = await command(good, ['--login', 'alice', '--password-stdin', '--json'], PASSWORD)
  const { ok, findings } = JSON.parse(signed.stdout) as { ok: boolean; findings: Finding[] }
  assert.deepEqual([signed.exitCode, signed.stderr, ok, wrongs(findings)], [0, '', true, []])
  const withCookie = await command(good, ['--cookie', file])
  assert.deepEqual([withCookie.exitCode, withCookie.stderr], [0, ''])
  assert.match(withCookie.stdout, /Nothing is wrong\.\n$/)
  const bad = await openClinic(t, { protect: [['proxy_set_header Remote-Name $postern_name;', '']] })
  const found = await command(bad, ['--login', 'alice', '--password-stdin'], PASSWORD)
  assert.deepEqual([found.exitCode, found.stderr], [1, ''])
  assert.match(found.stdout, /^WRONG +forged_header: The app gets Remote-Name/)
  for (const { stdout } of [signed, withCookie, found]) {
    assert.ok(!stdout.includes(PASSWORD) && !stdout.includes(token))
  }
})

test('the command asks on the terminal before anything is stopped, and believes only what it sees', async (t) => {
  const clinic = await openClinic(t)
  const still = await command(clinic, ['--stop-gateway'], '\n')
  assert.deepEqual([still.exitCode, still.stderr.match(/Then press Enter/g)?.length], [0, 2])
  assert.match(still.stdout, /not checked +stopped: The gateway still answered/)
  const nobody = await runPostern({}, ['doctor', ...argumentsFor(clinic), '--stop-gateway'])
  assert.deepEqual([nobody.exitCode, nobody.stdout], [1, ''])
  assert.match(nobody.stderr, /Nobody pressed Enter/)
})

test('the command refuses what it can not use', async (t) => {
  const url = `https://127.0.0.1:${await freePort()}/`
  const cases: readonly (readonly [args: readonly string[], exitCode: number, said: RegExp])[] = [
    [[], 2, /--url/],
    [['--url', 'app.example.com'], 2, /--url takes a URL/],
    [['--url', url, '--open', 'public'], 2, /--open takes a path/],
    [['--url', url, '--connect', 'nowhere'], 2, /--connect takes host and port/],
    [['--url', url, '--cookie', '/nowhere'], 1, /can't be read/],
    [['--url', url, '--stop-gateway', '--password-stdin'], 2, /asks on the terminal/],
    [['--url', url, '--login', 'alice', '--password-stdin'], 1, /No sign-in page was reached/],
    [['--url', url], 1, /WRONG +no_answer/],
  ]
  for (const [args, exitCode, said] of cases) {
    const outcome = await runPostern({}, ['doctor', ...args], 'x\n')
    assert.equal(outcome.exitCode, exitCode, args.join(' '))
    assert.match(outcome.stdout + outcome.stderr, said)
  }
  const { way } = await openClinic(t)
  const distrusted = await runPostern({}, [
    'doctor',
    '--url',
    way.url.href,
    '--connect',
    `127.0.0.1:${way.connectTo?.port}`,
  ])
  assert.equal(distrusted.exitCode, 1)
  assert.match(distrusted.stdout, /no_answer: .*certificate/)
})

test('an app that answers without its proxy is found, on loopback as something to look at', async (t) => {
  const { address } = await startEchoApp(t)
  assert.deepEqual(await around(`http://${address}`), ['look'])
  assert.deepEqual(await around(`http://127.0.0.1:${await freePort()}`), ['fine'])
  assert.deepEqual(
    (await checkAround(null)).map(({ level }) => level),
    ['unchecked'],
  )
  const outside = Object.values(networkInterfaces())
    .flat()
    .find((face) => face?.internal === false && face.family === 'IPv4')
  if (outside === undefined) return t.diagnostic('no network beside loopback')
  const { server } = await startDemoApp()
  t.after(() => server.close())
  assert.deepEqual(await around(`http://${outside.address}:${await freePort()}`), ['fine'])
})

test('a cookie domain must hold the host, and must not be open to everybody', () => {
  const level = (domain: string): string =>
    levelOf(checkCookieDomain(new URL('https://app.example.com'), { kind: 'domain', domain }), 'cookie_domain') ?? ''
  assert.deepEqual(['example.com', 'app.example.com', 'com', 'example.org', 'pp.example.com'].map(level), [
    'fine',
    'fine',
    'wrong',
    'wrong',
    'wrong',
  ])
  for (const suffix of ['com', 'intranet', 'co.uk', 'github.io', 'duckdns.org', '.co.uk', 'CO.UK'])
    assert.equal(isPublicSuffix(suffix), true, suffix)
  for (const domain of ['example.com', 'example.co.uk', 'a.github.io'])
    assert.equal(isPublicSuffix(domain), false, domain)
})

test('a clock that is wrong by a minute is told', async (t) => {
  const { way } = await openClinic(t)
  const ask = createAsk(way)
  const site = { url: way.url, page: PAGE, openPage: null, cookie: null }
  const dated = (date: string) => async () => {
    const seen = await ask({ target: '/.postern/session.js', accept: '*/*' })
    return { ...seen, headers: [...seen.headers.filter(([name]) => name !== 'date'), ['date', date] as const] }
  }
  for (const [apartMs, level] of [
    [0, 'fine'],
    [-60_000, 'wrong'],
    [60_000, 'wrong'],
  ] as const) {
    const date = new Date(Date.now() + apartMs).toUTCString()
    assert.equal(levelOf(await checkOwnPages({ ...site, ask: dated(date) }), 'clock'), level)
  }
})

test('what is wrong is told first, each with what to change', () => {
  const text = describeFindings([
    { id: 'a', level: 'fine', found: 'Well.', change: '' },
    { id: 'b', level: 'wrong', found: 'Bad.', change: 'Do it.' },
  ])
  assert.deepEqual(text.split('\n'), [
    'WRONG         b: Bad.',
    `${' '.repeat(14)}Do it.`,
    'fine          a: Well.',
    '',
    'One thing is wrong.',
  ])
})

async function around(url: string): Promise<readonly string[]> {
  return (await checkAround(new URL(url))).map(({ level }) => level)
}

function levelOf(findings: readonly Finding[], id: string): string | undefined {
  return findings.find((finding) => finding.id === id)?.level
}

function command(clinic: Clinic, more: readonly string[], input = ''): Promise<CommandOutcome> {
  return runPostern({}, ['doctor', ...argumentsFor(clinic), ...more], `${input}\n`)
}

function argumentsFor({ way }: Clinic): readonly string[] {
  const url = new URL(PAGE, way.url).href
  return ['--url', url, '--connect', `127.0.0.1:${way.connectTo?.port}`, '--insecure', '--open', '/public/']
}
