import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { configReference, environmentExample } from '../../src/commands/config.ts'
import { SECRETS } from '../../src/config/secrets.ts'
import { SETTINGS } from '../../src/config/settings.ts'
import { runPostern } from './run.ts'

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
