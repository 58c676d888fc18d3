import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { configReference, environmentExample } from '../../src/commands/config.ts'
import { SECRETS } from '../../src/config/secrets.ts'
import { SETTINGS } from '../../src/config/settings.ts'
import { runPostern } from '../support/e2e.ts'

const NAMES = [...Object.values(SETTINGS), ...Object.values(SECRETS)].map(({ name }) => name)

suite('the config commands', () => {
  test('check tells every mistake at once, each with its setting, and ends with 2', async () => {
    const { exitCode, stdout, stderr } = await runPostern(
      {
        POSTERN_LISTEN: 'nowhere',
        POSTERN_IDLE_TIMEOUT: '1s',
        POSTERN_LOG_LEVEL: 'loud',
        POSTERN_PROXY_SECRET: 'planted-and-too-short',
        POSTERN_PUBLIC_ULR: 'https://app.example.com/.postern',
        POSTERN_TRUSTED_PROXIES: '10.0.0.1/8',
      },
      ['config', 'check'],
    )
    assert.deepEqual([exitCode, stdout], [2, ''])
    const named = ['LISTEN', 'IDLE_TIMEOUT', 'LOG_LEVEL', 'PROXY_SECRET', 'PUBLIC_ULR', 'TRUSTED_PROXIES']
    for (const name of named) assert.match(stderr, new RegExp(`^POSTERN_${name} `, 'm'))
    assert.match(stderr, /did you mean POSTERN_PUBLIC_URL/)
    assert.doesNotMatch(stderr, /planted/)
  })

  test('check shows the settings but no secret', async () => {
    const env = {
      POSTERN_DATABASE_URL: 'postgres://someone:planted@db/postern',
      POSTERN_SECRET_KEY: 'planted planted planted planted planted',
      POSTERN_PUBLIC_URL: 'https://app.example.com/.postern',
    }
    const { exitCode, stdout, stderr } = await runPostern(env, ['config', 'check', '--json'])
    assert.deepEqual([exitCode, stderr], [0, ''])
    assert.doesNotMatch(stdout, /planted/)
    const { settings } = JSON.parse(stdout) as { settings: Record<string, unknown> }
    assert.equal(settings['publicUrl'], 'https://app.example.com/.postern')
  })

  test('check finds files of languages and marks that can not be used', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-languages-'))
    t.after(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'fr.json'), '{"common.nope":"x"}')
    const env = { POSTERN_LANGUAGES_DIR: folder, POSTERN_BRAND_LOGO: join(folder, 'fr.json') }
    const { exitCode, stdout, stderr } = await runPostern(env, ['config', 'check'])
    assert.deepEqual([exitCode, stdout], [2, ''])
    assert.match(stderr, /^POSTERN_LANGUAGES_DIR: .*fr\.json: Nothing is called common\.nope\.$/m)
    assert.match(stderr, /^POSTERN_BRAND_LOGO names a file that is neither SVG nor PNG/m)
  })

  test('what language template prints is a file that can be used', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-languages-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const printed = await runPostern({}, ['language', 'template'])
    writeFileSync(join(folder, 'en.json'), printed.stdout)
    const checked = await runPostern({ POSTERN_LANGUAGES_DIR: folder }, ['config', 'check'])
    assert.deepEqual([printed.exitCode, checked.exitCode, checked.stderr], [0, 0, ''])
  })

  test('the reference and the example hold every setting', () => {
    const { text, data } = configReference()
    assert.deepEqual(
      (data as { name: string }[]).map(({ name }) => name),
      NAMES,
    )
    for (const name of NAMES) {
      assert.ok(text.includes(`\`${name}\``))
      assert.match(environmentExample(), new RegExp(`^#${name}=`, 'm'))
    }
  })
})
