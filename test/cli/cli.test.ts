import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { openEmptyDatabase, openTestDatabase } from '../support/database.ts'
import { migratedDirectory, temporaryDirectory } from '../support/directories.ts'
import { runPostern } from '../support/e2e.ts'
import type { CommandOutcome } from '../support/e2e.ts'
import { freePort } from '../support/ports.ts'
import { startPostern } from '../support/postern-process.ts'
import { until } from '../support/until.ts'
import { startApp } from '../verify/behind.ts'

const MANIFEST = join(import.meta.dirname, '../../package.json')
const KEY = 'a secret of thirty-two bytes or more'
const FREE = { POSTERN_LISTEN: '127.0.0.1:0', POSTERN_VERIFY_LISTEN: '127.0.0.1:0', POSTERN_OPS_LISTEN: '127.0.0.1:0' }
const PRODUCTION = { ...FREE, POSTERN_SECRET_KEY: KEY, POSTERN_PUBLIC_URL: 'https://app.example.com/.postern' }

/** One clear sentence or several, and nothing of the inside. */
function assertRefused({ exitCode, stderr }: CommandOutcome, code: 1 | 2, said: RegExp): void {
  assert.equal(exitCode, code, stderr)
  assert.match(stderr, said)
  assert.doesNotMatch(stderr, /This is a bug|\n\s+at /)
}

suite('a start that can not be', () => {
  test('says every wrong setting at once and ends with 2', async () => {
    const env = { POSTERN_LISTEN: 'x', POSTERN_OPS_LISTEN: 'y', POSTERN_PUBLIC_URL: 'z', POSTERN_DATABASE_POOL: '0' }
    const outcome = await runPostern(env, ['serve'])
    assertRefused(
      outcome,
      2,
      /^POSTERN_LISTEN .*\nPOSTERN_OPS_LISTEN .*\nPOSTERN_PUBLIC_URL .*\nPOSTERN_DATABASE_POOL .*\n$/,
    )
  })

  test('refuses contradictions and unsafe combinations with 2', async () => {
    const open = {
      POSTERN_VERIFY_LISTEN: '0.0.0.0:0',
      POSTERN_PUBLIC_URL: 'http://app.example.com/auth',
      POSTERN_IDLE_TIMEOUT: '2d',
    }
    const outcome = await runPostern({ ...open, POSTERN_DATABASE_URL: 'postgres://x@localhost/x' }, ['serve'])
    const said =
      /POSTERN_ALLOW_HTTP[\s\S]*must have no path.*, or \/\.postern[\s\S]*TRUSTED_PROXIES[\s\S]*PROXY_SECRET[\s\S]*SECRET_KEY[\s\S]*IDLE_TIMEOUT/
    assertRefused(outcome, 2, said)
  })

  test('without a word it is the server that starts', async () => {
    const { exitCode, stderr } = await runPostern({ POSTERN_LISTEN: 'x' }, [])
    assert.equal(exitCode, 2)
    assert.match(stderr, /^Starting the server, [^\n]*\nPOSTERN_LISTEN /)
  })

  test('says that a secret can not be read and ends with 1', async () => {
    const outcome = await runPostern({ ...PRODUCTION, POSTERN_DATABASE_URL_FILE: '/nowhere/url' }, ['serve'])
    assertRefused(
      outcome,
      1,
      /^POSTERN_DATABASE_URL_FILE names a file that can't be read: \/nowhere\/url\. Check its path and permissions\.\n$/,
    )
  })

  test('says that the database does not answer and ends with 1, without its URL', async () => {
    const env = { ...PRODUCTION, POSTERN_DATABASE_URL: 'postgres://someone:planted@127.0.0.1:1/postern' }
    const outcome = await runPostern(env, ['serve'])
    assertRefused(outcome, 1, /^PostgreSQL does not answer: .* Check POSTERN_DATABASE_URL/)
    assert.doesNotMatch(outcome.stderr, /planted/)
  })

  test('says that the database wants migrations, which migrate does once', async (t) => {
    const { url } = await openEmptyDatabase(t)
    const env = { ...PRODUCTION, POSTERN_DATABASE_URL: url }
    assertRefused(await runPostern(env, ['user', 'list']), 1, /Run: postern migrate/)
    const [first, second] = [await runPostern(env, ['migrate']), await runPostern(env, ['migrate', '--json'])]
    assert.deepEqual([first.exitCode, second.exitCode], [0, 0])
    assert.match(
      `${first.stderr}${first.stdout}`,
      /001_users_and_sessions\.sql applied in \d+ ms\n[\s\S]*Applied \d+ migrations?\./,
    )
    assert.deepEqual(JSON.parse(second.stdout), { applied: [] })
  })

  test('says that the secret key is not the one of this database and ends with 1', async (t) => {
    const { url } = await openTestDatabase(t)
    const env = { ...PRODUCTION, POSTERN_DATABASE_URL: url }
    assert.equal((await runPostern(env, ['user', 'list'])).exitCode, 0)
    const other = `another ${KEY}`
    assertRefused(
      await runPostern({ ...env, POSTERN_SECRET_KEY: other }, ['user', 'list']),
      1,
      /POSTERN_SECRET_KEY does not open the keys/,
    )
    assert.equal((await runPostern({ ...env, POSTERN_SECRET_KEY: `${other},${KEY}` }, ['user', 'list'])).exitCode, 0)
    assert.equal((await runPostern({ ...env, POSTERN_SECRET_KEY: other }, ['user', 'list'])).exitCode, 0)
  })

  test('says which address is taken, by which setting, and ends with 1', async (t) => {
    const { url } = await openTestDatabase(t)
    const taken = createServer()
    t.after(async () => void taken.close())
    await once(taken.listen(0, '127.0.0.1'), 'listening')
    const address = `127.0.0.1:${(taken.address() as AddressInfo).port}`
    const env = { ...PRODUCTION, POSTERN_DATABASE_URL: url, POSTERN_VERIFY_LISTEN: address }
    assertRefused(
      await runPostern(env, ['serve']),
      1,
      new RegExp(`^${address} is taken .* with POSTERN_VERIFY_LISTEN\\.\n$`, 'm'),
    )
  })

  test('a command where there is no database says so, and makes none; migrate makes one', async (t) => {
    const dataDir = join(await temporaryDirectory(t), 'data')
    const env = { ...FREE, POSTERN_DATA_DIR: dataDir }
    for (const words of [
      ['user', 'list'],
      ['session', 'list'],
      ['policy', 'export'],
    ]) {
      assertRefused(await runPostern(env, words), 1, new RegExp(`^There is no database in ${dataDir}\\. Start`))
    }
    assert.equal(existsSync(dataDir), false)
    assert.equal((await runPostern(env, ['migrate'])).exitCode, 0)
    assert.equal((await runPostern(env, ['user', 'list'])).exitCode, 0)
  })

  test('says that a data directory can not be written or is too deep, and ends with 1', async (t) => {
    const folder = await temporaryDirectory(t)
    writeFileSync(join(folder, 'file'), '')
    const inFile = await runPostern({ ...FREE, POSTERN_DATA_DIR: join(folder, 'file') }, ['serve'])
    assertRefused(inFile, 1, /The data directory .* can't be used/)
    const deep = join(folder, 'd'.repeat(120))
    mkdirSync(deep)
    assertRefused(
      await runPostern({ ...FREE, POSTERN_DATA_DIR: deep }, ['user', 'list']),
      1,
      /POSTERN_DATA_DIR .* shorter/,
    )
  })

  test('shows help with 0, and ends with 2 for a command that is not', async () => {
    const [help, ofUser, version, unknown] = await Promise.all(
      [['--help'], ['user', '--help'], ['--version'], ['nonsense']].map((words) => runPostern({}, words)),
    )
    const codes = [help, ofUser, version, unknown].map((outcome) => outcome?.exitCode)
    assert.deepEqual(codes, [0, 0, 0, 2])
    assert.match(help?.stdout ?? '', /serve .*\n.*migrate/)
    const manifest = JSON.parse(readFileSync(MANIFEST, 'utf8')) as { version: string }
    assert.deepEqual([version?.stdout, version?.stderr], [`${manifest.version}\n`, ''])
  })
})

suite('the running program', () => {
  test('keeps people, sessions and its secrets through kill -9, and no second one gets its directory', async (t) => {
    const dataDir = await migratedDirectory(t)
    const first = await startPostern(t, { POSTERN_DATA_DIR: dataDir })
    const link = readFileSync(join(dataDir, 'first-run-link.txt'), 'utf8').trim()
    assert.ok(!first.logs().includes(link.split('/').at(-1) ?? ''))
    assert.equal((await fetch(link)).status, 200)
    const second = await runPostern({ ...FREE, POSTERN_DATA_DIR: dataDir }, ['serve'])
    assertRefused(second, 1, /is in use by another Postern process\. Stop it first/)
    const made = await runPostern(
      { ...first.env },
      ['user', 'create', 'alice', '--email', 'a@example.com', '--password-stdin'],
      'a long enough password\n',
    )
    assert.equal(made.exitCode, 0, made.stderr)
    const cookie = await signIn(first.env['POSTERN_LISTEN'] ?? '')
    await first.kill()
    const again = await startPostern(t, { POSTERN_DATA_DIR: dataDir })
    const session = await fetch(`${portalOf(again.env['POSTERN_LISTEN'])}/api/v2/auth/session`, { headers: { cookie } })
    assert.equal(session.status, 200)
    assert.equal(await again.stop(), 0)
    const alone = await runPostern({ POSTERN_DATA_DIR: dataDir }, ['user', 'list'])
    assert.deepEqual([alone.exitCode, alone.stdout.includes('alice')], [0, true])
    assert.doesNotMatch(first.logs() + again.logs(), new RegExp(cookie.split('=')[1] ?? 'x'))
  })

  test('FAIL-07: stops on SIGTERM with what is under way answered, and exit code 0', async (t) => {
    const asked = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    const app = await startApp(t, (_request, response) => {
      asked.resolve()
      void goOn.promise.then(() => response.end('answered'))
    })
    const port = await freePort()
    const folder = await temporaryDirectory(t)
    const policyFile = join(folder, 'policy.yaml')
    writeFileSync(
      policyFile,
      `version: 1\napps:\n  - { name: app, hosts: [localhost], scheme: http, port: ${port}, rules: [{ allow: anyone }] }\n`,
    )
    const { url } = await openTestDatabase(t)
    const postern = await startPostern(t, {
      POSTERN_DATABASE_URL: url,
      POSTERN_SECRET_KEY: KEY,
      POSTERN_LISTEN: `127.0.0.1:${port}`,
      POSTERN_UPSTREAM: app.origin,
      POSTERN_POLICY_FILE: policyFile,
    })
    const idle = connect(port, '127.0.0.1')
    t.after(() => idle.destroy())
    idle.write('GET /.postern/login HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await once(idle, 'data')
    const underWay = fetch(`http://localhost:${port}/slow`).then((answer) => answer.text())
    await asked.promise
    const startedAt = performance.now()
    const stopped = postern.stop()
    await until('the stop', 5_000, () => postern.logs().includes('stopping'))
    goOn.resolve()
    assert.equal(await underWay, 'answered')
    assert.equal(await stopped, 0)
    assert.ok(performance.now() - startedAt < 4_000)
    assert.match(postern.logs(), /"stopped"/)
  })
})

function portalOf(listen = ''): string {
  return `http://${listen.replace('127.0.0.1', 'localhost')}/.postern`
}

async function signIn(listen: string): Promise<string> {
  const body = JSON.stringify({ username: 'alice', password: 'a long enough password' })
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${portalOf(listen)}/api/v2/auth/login`, { method: 'POST', body, headers })
  assert.equal(answer.status, 200)
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
}
