import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { promisify } from 'node:util'
import { readTestedPolicy } from '../../src/policies/run-tests.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { addressOf, FOLDER, loadSettings, readCompose } from './compose.ts'
import type { Service } from './compose.ts'

const run = promisify(execFile)
const COMPOSE = readCompose()
const SERVICES = Object.entries(COMPOSE.services)
const POSTERNS = ['postern-1', 'postern-2'] as const
/** Of the Compose specification, what is used here. */
const KEYS = new Set(
  'build cap_drop command depends_on entrypoint environment healthcheck image networks ports read_only restart secrets security_opt tmpfs user volumes'.split(
    ' ',
  ),
)

suite('compose.yaml', () => {
  test('takes each image in one version and gives it no more than it needs', () => {
    for (const [name, service] of SERVICES) {
      assert.deepEqual(
        Object.keys(service).filter((key) => !KEYS.has(key)),
        [],
        name,
      )
      assert.match(service.image, /^[a-z]+:\d+\.\d+(\.\d+)?$/, name)
      assert.deepEqual([service.read_only, service.cap_drop], [true, ['ALL']], name)
      assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name)
      const isOurs = service.build !== undefined
      assert.ok(isOurs || /^[1-9]\d*:[1-9]\d*$/.test(service.user ?? ''), name)
      // Ours brings its own health check along.
      assert.ok(isOurs || service.healthcheck?.disable === false || service.healthcheck !== undefined, name)
    }
    const published = SERVICES.filter(([, { ports }]) => ports !== undefined)
    assert.deepEqual(
      published.map(([name]) => name),
      ['nginx'],
    )
    const open = Object.entries(COMPOSE.networks).filter(([, network]) => network?.internal !== true)
    assert.deepEqual(
      open.map(([name]) => name),
      ['outside'],
    )
  })

  test('names only what is there', () => {
    for (const [name, service] of SERVICES) {
      for (const needed of Object.keys(service.depends_on ?? {})) assert.ok(needed in COMPOSE.services, needed)
      for (const secret of service.secrets ?? []) assert.ok(secret in COMPOSE.secrets, secret)
      for (const network of networksOf(service)) assert.ok(network in COMPOSE.networks, network)
      for (const [source = '', , mode] of (service.volumes ?? []).map((volume) => volume.split(':'))) {
        if (!source.startsWith('.')) assert.ok(source in COMPOSE.volumes, source)
        else assert.ok(existsSync(join(FOLDER, source)) && mode === 'ro', `${name}: ${source}`)
      }
      if (service.build === undefined) continue
      assert.ok(existsSync(join(FOLDER, service.build.context, service.build.dockerfile)))
    }
    const used = new Set(SERVICES.flatMap(([, { secrets = [] }]) => secrets))
    assert.deepEqual([...used].toSorted(), Object.keys(COMPOSE.secrets).toSorted())
  })

  test('gives settings that Postern starts with, and trusts nginx alone', async (t) => {
    const secrets = join(await temporaryDirectory(t), 'secrets')
    await run(join(FOLDER, 'compose/make-secrets.sh'), [secrets])
    assert.deepEqual(readdirSync(secrets).toSorted(), Object.keys(COMPOSE.secrets).toSorted())
    assert.deepEqual([statSync(secrets).mode & 0o777, statSync(join(secrets, 'tls.key')).mode & 0o777], [0o700, 0o444])
    await assert.rejects(run(join(FOLDER, 'compose/make-secrets.sh'), [secrets]), /Nothing was changed/)
    for (const name of [...POSTERNS, 'migrate']) {
      const environment = COMPOSE.services[name]?.environment ?? {}
      const loaded = loadSettings(environment, secrets)
      assert.ok('config' in loaded, JSON.stringify(loaded))
      assert.equal(environment['POSTERN_TRUSTED_PROXIES'], `${addressOf(COMPOSE, 'nginx')}/32`)
      assert.ok(loaded.secrets.databaseUrl !== null && loaded.secrets.redisUrl !== null)
    }
  })

  test('has nginx ask both Posterns, and a policy whose tests pass', async () => {
    const conf = readFileSync(join(FOLDER, 'compose/nginx.conf'), 'utf8')
    const asked = [...conf.matchAll(/^ *server ([\d.]+):(\d+)/gm)].map(([, address, port]) => `${address} ${port}`)
    const [one, other] = POSTERNS.map((name) => addressOf(COMPOSE, name))
    const expected = [
      `${one} 9081`,
      `${other} 9081`,
      `${one} 9080`,
      `${other} 9080`,
      `${addressOf(COMPOSE, 'app')} 8080`,
    ]
    assert.deepEqual(asked, expected)
    const read = await readTestedPolicy(readFileSync(join(FOLDER, 'compose/policy.yaml'), 'utf8'))
    assert.ok(!Array.isArray(read), JSON.stringify(read))
  })

  test('is what docker compose understands', async (t) => {
    const isThere = await run('docker', ['compose', 'version']).catch(() => null)
    if (isThere === null) return t.skip('docker compose is not on this machine')
    await run('docker', ['compose', '-f', join(FOLDER, 'compose.yaml'), 'config', '--quiet'])
  })
})

function networksOf({ networks }: Service): string[] {
  return Array.isArray(networks) ? (networks as string[]) : Object.keys(networks)
}
