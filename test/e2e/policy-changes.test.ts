import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openTestDatabase } from '../support/database.ts'
import { migratedDirectory, temporaryDirectory } from '../support/directories.ts'
import { ALICE, policyOf, runPostern, startSite } from '../support/e2e.ts'
import { startPostern } from '../support/postern-process.ts'
import type { PosternEnv } from '../support/postern-process.ts'
import { until } from '../support/until.ts'
import { createPerson, signedIn } from './person.ts'

/** How long a changed policy may take to be in force everywhere. */
const BOUND_MS = 2_000

test('a policy that is changed and taken back', { timeout: 120_000 }, async (t) => {
  const site = await startSite(t, { verify: 'unix', env: { POSTERN_WORKERS: '2' } })
  const alice = await signedIn(t, site, ALICE.login)
  const statuses = async (path: string): Promise<readonly number[]> =>
    Promise.all(Array.from({ length: 8 }, async () => (await alice.open(path)).status))

  await t.test('apply denies everywhere, and says who did it and why', async () => {
    assert.deepEqual(new Set(await statuses('/closed/a')), new Set([200]))
    await site.applyPolicy(policyOf(site.origin, ['{ path: /closed/**, deny: true }']))
    await until('every worker denies', BOUND_MS, async () =>
      (await statuses('/closed/a')).every((each) => each === 403),
    )
    assert.match(await site.command(['policy', 'versions']), /\n2 .*\n1 .*\nVersion 2 is in force/)
    assert.match(await site.command(['policy', 'diff']), /^added rule of app app: line \d+ \/closed\/\*\*: deny\n/)
  })

  await t.test('the number on the 403 is explained', async () => {
    const page = await alice.open('/admin/x?planted')
    const id = /<code>([0-9a-f]{12})<\/code>/.exec(page.text)?.[1] ?? ''
    const text = await until('the decision is written', 5_000, () =>
      site.command(['policy', 'explain', '--decision', id]).catch(() => null),
    )
    assert.match(
      text,
      /^Decision [0-9a-f]{12} .*forbid by rule \d+ of app app[\s\S]*\nFORBID\. Rule \d+ on line \d+ decides/,
    )
    assert.match(text, /\nBy: +alice of role staff, with 1 factor/)
    assert.doesNotMatch(text, /planted/)
    const asked = ['policy', 'explain', '--json', '--user', ALICE.login, 'GET', `${site.origin}/closed/a`]
    const { kind, reason } = JSON.parse(await site.command(asked)) as Record<string, unknown>
    assert.deepEqual([kind, reason], ['forbid', 'denied_by_rule'])
  })

  await t.test('a draft is replayed against what was asked for', async (t) => {
    const draft = join(await temporaryDirectory(t), 'draft.yaml')
    writeFileSync(draft, policyOf(site.origin).replace('role: admin', 'role: [admin, staff]'))
    const text = await site.command(['policy', 'diff', '--replay', draft])
    assert.match(text, /^Replayed \d+ decisions?, [\s\S]*\n\d+x app app: forbid missing_role .* -> allow /)
  })

  await t.test('rollback opens again what was closed', async () => {
    assert.match(await site.command(['policy', 'rollback', '1', '--reason', 'too much']), /^Applied as version 3\./)
    await until('every worker lets in', BOUND_MS, async () =>
      (await statuses('/closed/a')).every((each) => each === 200),
    )
    assert.match(await site.command(['policy', 'versions']), /\n3 .* too much\n/)
  })

  await t.test('a policy whose tests fail is never in force', async () => {
    const tests = `tests:\n  - { as: nobody, request: GET ${site.origin}/admin/, expect: allow }\n`
    const policy = `${policyOf(site.origin, ['{ path: /closed/**, deny: true }'])}${tests}`
    await assert.rejects(site.applyPolicy(policy), /expects allow and gets sign_in by rule/)
    assert.match(await site.command(['policy', 'versions']), /Version 3 is in force/)
    assert.equal((await createPerson(t, site).open('/public/x')).status, 200)
  })
})

test('a policy file that goes bad leaves the policy, and log and health say why', { timeout: 60_000 }, async (t) => {
  const file = join(await temporaryDirectory(t), 'policy.yaml')
  writeFileSync(file, fileOf('allow: anyone'))
  const postern = await startPostern(t, { POSTERN_DATA_DIR: await migratedDirectory(t), POSTERN_POLICY_FILE: file })
  const { env } = postern
  assert.deepEqual(await policyHealth(env), ['ok', 'version 1'])

  writeFileSync(
    file,
    `${fileOf('deny: true')}tests:\n  - { as: nobody, request: GET https://a.example.com/, expect: allow }\n`,
  )
  const [status, detail] = await until('health tells', 1_500, async () => {
    const health = await policyHealth(env)
    return health[0] === 'ok' ? null : health
  })
  assert.equal(status, 'degraded')
  assert.match(
    detail,
    /^version 1 is in force\. The policy file is not applied\. .*policy\.yaml:8:5: tests\[0\]: .*expects allow and gets forbid/,
  )
  assert.equal((await fetch(`http://${env['POSTERN_OPS_LISTEN']}/health`)).status, 200)
  assert.match(postern.logs(), /"level":"warn".*expects allow and gets forbid/)
  assert.equal(await explained(env), 'allow')

  writeFileSync(file, fileOf('deny: true'))
  await until('the mended file is in force', 1_500, async () => (await policyHealth(env)).join() === 'ok,version 2')
  assert.equal(await explained(env), 'forbid')
  const { exitCode, stderr } = await runPostern(env, ['policy', 'rollback', '1'])
  assert.deepEqual([exitCode, /kept in .*policy\.yaml/.test(stderr)], [1, true])
})

test('of several workers each says why the policy file is not applied', { timeout: 60_000 }, async (t) => {
  const { url } = await openTestDatabase(t)
  const file = join(await temporaryDirectory(t), 'policy.yaml')
  writeFileSync(file, fileOf('allow: anyone'))
  const { env } = await startPostern(t, {
    POSTERN_DATABASE_URL: url,
    POSTERN_SECRET_KEY: 'a secret of thirty-two bytes or more',
    POSTERN_PUBLIC_URL: 'https://a.example.com/.postern',
    POSTERN_WORKERS: '2',
    POSTERN_POLICY_FILE: file,
  })
  writeFileSync(file, 'version: 99\n')
  // One worker may by chance answer a whole round.
  const areAll = async (status: string): Promise<boolean> => {
    for (let round = 0; round < 5; round++) {
      const health = await Promise.all(Array.from({ length: 8 }, () => policyHealth(env)))
      if (health.some(([found]) => found !== status)) return false
    }
    return true
  }
  await until('all tell', BOUND_MS, () => areAll('degraded'))
  writeFileSync(file, fileOf('allow: anyone'))
  await until('all are well', BOUND_MS, () => areAll('ok'))
})

function fileOf(rule: string): string {
  return `version: 1\napps:\n  - name: a\n    hosts: [a.example.com]\n    rules:\n      - { ${rule} }\n`
}

async function policyHealth(env: PosternEnv): Promise<readonly [status: string, detail: string]> {
  const answer = await fetch(`http://${env['POSTERN_OPS_LISTEN']}/health/detail`, { headers: { connection: 'close' } })
  const { parts } = (await answer.json()) as { parts: Readonly<Record<string, { status: string; detail: string }>> }
  return [parts['policy']?.status ?? '', parts['policy']?.detail ?? '']
}

async function explained(env: PosternEnv): Promise<unknown> {
  const { stdout } = await runPostern(env, ['policy', 'explain', '--json', 'https://a.example.com/'])
  return (JSON.parse(stdout) as Record<string, unknown>)['kind']
}
