import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { readMigrations } from '../../src/store/migration-files.ts'
import { runPostern } from '../support/e2e.ts'
import { MIGRATIONS } from '../support/postgres.ts'
import { until } from '../support/until.ts'
import { startLoad } from './load.ts'
import { signInAt, signOutAt, verifyAt } from './one-replica.ts'
import { unpackPrevious } from './release.ts'
import { RELEASES } from './releases.ts'
import { openReplicas, PEOPLE } from './replicas.ts'
import type { Replicas } from './replicas.ts'
import { tellCounts } from './tell.ts'

/** What an ended sign-in is promised to be refused after, busy machine and all. */
const REVOKED_WITHIN_MS = 2_000
const [OLD, NEW] = [0, 1]
const [LOGIN, OTHER] = PEOPLE

test(
  'the previous release goes on while its database and its replicas become this one',
  { timeout: 120_000 },
  async (t) => {
    const release = unpackPrevious(t)
    const site = await openReplicas(t, { count: 2, verify: 'tcp', release })
    const old = await site.start(OLD, release)
    const before = await signInAt(envOf(site, OLD), LOGIN)
    const load = await startLoad(t, site, [LOGIN])
    const atStart = load.counts()
    await load.further(100)

    await t.test('the old program serves on the new schema', async () => {
      const printed = await site.command(['migrate', '--json'])
      assert.deepEqual(JSON.parse(printed), { applied: await newerThan(release.version) })
      await load.further(100)
      const signedIn = await signInAt(envOf(site, OLD), OTHER)
      assert.equal(await verifyAt(envOf(site, OLD), signedIn), OTHER)
    })

    const replacement = await site.start(NEW)
    await t.test('whoever is signed in at one is signed in at the other, until it ends at either', async () => {
      assert.equal(await verifyAt(envOf(site, NEW), before), LOGIN)
      for (const [here, there] of [
        [OLD, NEW],
        [NEW, OLD],
      ] as const) {
        const token = await signInAt(envOf(site, here), OTHER)
        for (const place of [here, there]) assert.equal(await verifyAt(envOf(site, place), token), OTHER)
        await signOutAt(envOf(site, there), token)
        for (const place of [here, there]) await refused(site, place, token)
      }
    })

    await t.test('what commands of the new program change counts at both', async () => {
      const tokens = await Promise.all([OLD, NEW].map((place) => signInAt(envOf(site, place), OTHER)))
      await site.applyPolicy(['{ path: /shut/**, deny: true }'])
      for (const place of [OLD, NEW])
        await until('it is shut', REVOKED_WITHIN_MS, async () => {
          return (await verifyAt(envOf(site, place), before, '/shut/x')) === 403
        })
      await site.command(['user', 'disable', OTHER])
      for (const token of tokens) for (const place of [OLD, NEW]) await refused(site, place, token)
      await site.command(['user', 'enable', OTHER])
    })

    await t.test('a restart of the old program is refused with a sentence, and it is not missed', async (t) => {
      assert.equal(await old.stop(), 0)
      if ((await newerThan(release.version)).length === 0) return t.skip('no migration is new')
      const { exitCode, stderr } = await runPostern(
        { ...envOf(site, OLD), ...release.env },
        ['serve'],
        '',
        release.launcher,
      )
      assert.equal(exitCode, 1)
      assert.match(
        stderr,
        /^The database is newer than this program: .* Start the version that made it, or a later one\.$/m,
      )
    })

    await t.test('the record of both is one chain, and nothing failed on the way', async (t) => {
      await site.start(OLD)
      await load.further(100)
      const { failures, wrong } = tellCounts(t, atStart, await load.stop())
      assert.deepEqual({ failures, wrong }, { failures: [], wrong: [] })
      assert.equal(await replacement.stop(), 0)
      assert.match(await verifiedRecord(t, site), /^The record is as it was written\./)
    })
  },
)

async function newerThan(version: string): Promise<string[]> {
  const schema = RELEASES.get(version) ?? 0
  return (await readMigrations(MIGRATIONS)).filter(({ id }) => id > schema).map(({ name }) => name)
}

function envOf({ envs }: Replicas, place: number): Record<string, string> {
  return { ...envs[place] }
}

async function refused(site: Replicas, place: number, token: string): Promise<void> {
  await until('it is refused', REVOKED_WITHIN_MS, async () => (await verifyAt(envOf(site, place), token)) === 401)
}

async function verifiedRecord(t: TestContext, site: Replicas): Promise<string> {
  const text = await site.command(['audit', 'verify'])
  t.diagnostic(text.trim().split('\n').join(' · '))
  return text
}
