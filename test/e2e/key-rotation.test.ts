import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LIST_KEY_STATES } from '../../src/credentials/key-ages-table.ts'
import { PURPOSES } from '../../src/credentials/live-keys.ts'
import type { Database } from '../../src/store/database.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { statement } from '../../src/store/statement.ts'
import { until } from '../support/until.ts'
import { startLoad } from '../upgrade/load.ts'
import { signInAt, verifyAt } from '../upgrade/one-replica.ts'
import { openReplicas, PEOPLE } from '../upgrade/replicas.ts'
import type { Replicas } from '../upgrade/replicas.ts'
import { tellCounts } from '../upgrade/tell.ts'

/** Lets what is coming take over without the wait. */
const DUE = statement<[]>('due', `update auth.keys set mints_after = now() where mints_after is not null`)
const SOON_MS = 10_000
const [A, B] = [0, 1]
const [ALICE, BOB] = PEOPLE

test('keys of two replicas under load', { timeout: 180_000 }, async (t) => {
  const site = await openReplicas(t, { count: 2, verify: 'tcp' })
  const replicas = [await site.start(A), await site.start(B)]
  const database = openPostgres({ url: site.envs[A]?.['POSTERN_DATABASE_URL'] ?? '', poolSize: 1 })
  t.after(() => database.close())
  const load = await startLoad(t, site, PEOPLE)
  const tokens = [await signInAt(envOf(site, A), ALICE)]
  await load.further(100)

  await t.test('each purpose is rotated twice, and nobody is signed out', async (t) => {
    const before = load.counts()
    for (const round of [1, 2]) {
      const said = await site.command(['keys', 'rotate', '--all'])
      assert.equal([...said.matchAll(/takes over at/g)].length, PURPOSES.length, said)
      await load.further(100)
      await takeOver(database)
      await load.further(100)
      tokens.push(await signInAt(envOf(site, round % 2), ALICE))
    }
    for (const token of tokens)
      for (const place of [A, B]) assert.equal(await verifyAt(envOf(site, place), token), ALICE)
    const { failures, wrong } = tellCounts(t, before, load.counts())
    assert.deepEqual({ failures, wrong }, { failures: [], wrong: [] })
  })

  await t.test('a replica that is killed at each step leaves a rotation that goes on', async (t) => {
    await site.command(['keys', 'rotate', 'token', 'sealing'])
    await replicas[A]?.kill()
    await database.query(DUE)
    await replicas[B]?.kill()
    replicas[A] = await site.start(A)
    await takeOver(database)
    replicas[B] = await site.start(B)
    const token = await signInAt(envOf(site, B), BOB)
    for (const place of [A, B]) assert.equal(await verifyAt(envOf(site, place), token), BOB)
    for (const known of tokens)
      for (const place of [A, B]) assert.equal(await verifyAt(envOf(site, place), known), ALICE)
    t.diagnostic((await site.command(['keys', 'status'])).trim())
  })

  await t.test('the record is one chain over all its keys', async (t) => {
    await load.stop()
    const said = await site.command(['audit', 'verify'])
    t.diagnostic(said.trim().split('\n').join(' · '))
    assert.match(said, /^The record is as it was written\./)
    assert.equal((JSON.parse(await site.command(['audit', 'key', '--json'])) as unknown[]).length, 3)
  })

  await t.test('ended at once, what keys of tokens made is refused everywhere, and a new sign-in counts', async () => {
    await assert.rejects(site.command(['keys', 'rotate', 'token', '--end-now']), /signs everybody out.*--yes/s)
    await assert.rejects(site.command(['keys', 'rotate', 'pepper', '--end-now', '--yes']), /for token or assertion/)
    assert.match(await site.command(['keys', 'rotate', 'token', '--end-now', '--yes']), /is in use/)
    for (const token of tokens)
      for (const place of [A, B])
        await until('it is refused', SOON_MS, async () => (await verifyAt(envOf(site, place), token)) === 401)
    const anew = await signInAt(envOf(site, B), ALICE)
    for (const place of [A, B]) assert.equal(await verifyAt(envOf(site, place), anew), ALICE)
    const listed = JSON.parse(await site.command(['session', 'list', '--json'])) as unknown[]
    assert.equal(listed.length, 1)
  })
})

async function takeOver(database: Database): Promise<void> {
  await database.query(DUE)
  await until('they have taken over', SOON_MS, async () =>
    (await database.query(LIST_KEY_STATES)).every(({ state }) => state !== 'coming'),
  )
}

function envOf({ envs }: Replicas, place: number): Record<string, string> {
  return { ...envs[place] }
}
