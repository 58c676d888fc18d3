import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { headerValues } from '../support/echo-app.ts'
import type { EchoedRequest } from '../support/echo-app.ts'
import { ALICE, HOST, PASSWORD, policyOf, startSite } from '../support/e2e.ts'
import type { ProductionSite } from '../support/e2e.ts'
import { startPostern } from '../support/postern-process.ts'
import { until } from '../support/until.ts'

const run = promisify(execFile)
/** What memory may answer at most in tests. */
const BOUND_MS = 2_000

/** A program that knows nothing of the portal: curl, as git and WebDAV clients use its library. */
async function curl(site: ProductionSite, path: string, ...options: readonly string[]): Promise<number> {
  const { port } = new URL(site.origin)
  const place = ['--resolve', `${HOST}:${port}:127.0.0.1`, '--insecure']
  const quiet = ['--silent', '--output', '/dev/null', '--write-out', '%{http_code}']
  const { stdout } = await run('curl', [...quiet, ...place, ...options, `${site.origin}${path}`])
  return Number(stdout)
}

async function createToken(
  site: ProductionSite,
  ...options: readonly string[]
): Promise<{ id: string; token: string }> {
  const command = ['token', 'create', ALICE.login, '--name', 'ci', '--json', ...options]
  return JSON.parse(await site.command(command)) as { id: string; token: string }
}

/** A process beside the first, on the same database. */
function settingsOfAnother({ postern: { env } }: ProductionSite): Record<string, string> {
  const shared = ['POSTERN_DATABASE_URL', 'POSTERN_SECRET_KEY', 'POSTERN_PUBLIC_URL']
  return Object.fromEntries(shared.map((name) => [name, env[name] ?? '']))
}

test('programs with API tokens, behind the shipped nginx', { timeout: 180_000 }, async (t) => {
  const site = await startSite(t, { verify: 'unix' })
  const last = (): EchoedRequest => site.app.requests.at(-1) ?? assert.fail('nothing arrived')
  const told = (name: string): string[] => headerValues(last().rawHeaders, name)

  await t.test('come in as Bearer and by Basic, and the app gets no token', async () => {
    const { token } = await createToken(site)
    for (const options of [
      ['-H', `Authorization: Bearer ${token}`],
      ['-u', `${ALICE.login}:${token}`],
      ['-u', `:${token}`],
    ]) {
      assert.equal(await curl(site, '/notes', ...options), 200)
      assert.deepEqual(told('Remote-User'), [ALICE.login])
      assert.deepEqual(told('Authorization'), [])
    }
    assert.equal(await curl(site, '/public/x', '-u', `${ALICE.login}:${token}`), 200)
    assert.deepEqual([told('Remote-User'), told('Authorization')], [[], []])
    assert.equal(await curl(site, '/public/x', '-u', 'somebody:else'), 200)
    assert.equal(told('Authorization').length, 1)
    assert.equal(await curl(site, '/admin/', '-H', `Authorization: Bearer ${token}`), 403)
    assert.equal(await curl(site, '/notes', '-H', 'Authorization: Bearer pst_wrong'), 401)
  })

  await t.test('are held to what a token is for', async () => {
    const { token } = await createToken(site, '--path', '/api/**', '--method', 'GET', '--network', '127.0.0.0/8')
    const bearer = ['-H', `Authorization: Bearer ${token}`]
    assert.equal(await curl(site, '/api/x', ...bearer), 200)
    assert.equal(await curl(site, '/other', ...bearer), 403)
    assert.equal(await curl(site, '/api/../other', '--path-as-is', ...bearer), 403)
    assert.equal(await curl(site, '/api/x', '-X', 'POST', ...bearer), 403)
    const elsewhere = await createToken(site, '--network', '192.0.2.0/24')
    assert.equal(await curl(site, '/api/x', '-H', `Authorization: Bearer ${elsewhere.token}`), 403)
  })

  await t.test('that wait to be asked for Basic are asked where the app allows it', async () => {
    const { token } = await createToken(site)
    const patient = ['--anyauth', '-u', `${ALICE.login}:${token}`]
    assert.equal(await curl(site, '/repo.git/info/refs', ...patient), 401)
    await site.applyPolicy(policyOf(site.origin).replace('    rules:', '    basic: true\n    rules:'))
    await until('it is asked', BOUND_MS, async () => (await curl(site, '/repo.git/info/refs', ...patient)) === 200)
    assert.deepEqual(told('Remote-User'), [ALICE.login])
    assert.equal(await curl(site, '/', '--anyauth', '-u', `${ALICE.login}:${PASSWORD}`), 200)
    assert.equal(await curl(site, '/', '--anyauth', '-u', `${ALICE.login}:wrong`), 401)
    assert.equal(await curl(site, '/', '-H', 'Sec-Fetch-Mode: cors', '--anyauth', '-u', `a:${PASSWORD}`), 401)
  })

  await t.test('ADM-10: are out on every process once their token is revoked', async (t) => {
    const { id, token } = await createToken(site)
    const bearer = ['-H', `Authorization: Bearer ${token}`]
    const second = await startPostern(t, settingsOfAnother(site))
    const ask = async (): Promise<number> => {
      const headers = {
        authorization: `Bearer ${token}`,
        'x-original-method': 'GET',
        'x-original-proto': 'https',
        'x-original-host': new URL(site.origin).host,
        'x-original-uri': '/',
        'x-real-ip': '127.0.0.1',
      }
      return (await fetch(`http://${second.env['POSTERN_VERIFY_LISTEN']}/verify/nginx/app/app`, { headers })).status
    }
    assert.deepEqual([await curl(site, '/', ...bearer), await ask()], [200, 200])
    await site.command(['token', 'revoke', id])
    await until('both know', BOUND_MS, async () => (await curl(site, '/', ...bearer)) === 401 && (await ask()) === 401)
    const listed = JSON.parse(await site.command(['token', 'list', ALICE.login, '--json'])) as { id: string }[]
    assert.equal(
      listed.some((row) => row.id === id),
      false,
    )
  })
})
