import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryDirectory } from '../support/directories.ts'
import { IS_LONG } from '../support/long.ts'
import { HOST, PASSWORD, policyOf, runPostern } from '../support/e2e.ts'
import { startPostern } from '../support/postern-process.ts'
import type { PosternEnv } from '../support/postern-process.ts'
import { signInAt, verifyAt } from './one-replica.ts'
import { unpackPrevious } from './release.ts'
import type { Release } from './release.ts'

const LOGIN = 'alice'

test(
  'a data directory of the previous release is brought up to date with all that is in it',
  { skip: !IS_LONG && 'in the long suites', timeout: 120_000 },
  async (t) => {
    const release = unpackPrevious(t)
    const folder = await temporaryDirectory(t)
    const policy = join(folder, 'policy.yaml')
    writeFileSync(policy, policyOf(`https://${HOST}`))
    const settings = {
      POSTERN_DATA_DIR: join(folder, 'data'),
      POSTERN_PUBLIC_URL: `https://${HOST}/.postern`,
      POSTERN_POLICY_FILE: policy,
    }
    const oldEnv = { ...settings, ...release.env }
    const old = await startPostern(t, oldEnv, release.launcher)
    const profile = ['--email', 'alice@example.com', '--name', LOGIN, '--role', 'staff', '--password-stdin']
    await command(oldEnv, ['user', 'create', LOGIN, ...profile], { release, input: `${PASSWORD}\n` })
    const token = await signInAt(old.env, LOGIN)
    assert.equal(await old.stop(), 0)

    const postern = await startPostern(t, settings)
    assert.equal(await verifyAt(postern.env, token), LOGIN, 'whoever was signed in still is')
    assert.equal(await verifyAt(postern.env, await signInAt(postern.env, LOGIN)), LOGIN)
    assert.match(await command(settings, ['audit', 'verify']), /^The record is as it was written\./)
    assert.equal(await postern.stop(), 0)
  },
)

interface CommandOptions {
  readonly release?: Release
  readonly input?: string
}

async function command(
  env: PosternEnv,
  args: readonly string[],
  { release, input }: CommandOptions = {},
): Promise<string> {
  const { exitCode, stdout, stderr } = await runPostern(env, args, input, release?.launcher)
  assert.equal(exitCode, 0, `postern ${args.join(' ')}: ${stderr}${stdout}`)
  return stdout
}
