import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IS_LONG } from '../support/long.ts'
import type { PosternProcess } from '../support/postern-process.ts'
import { startLoad } from './load.ts'
import type { Load } from './load.ts'
import { openReplicas, PEOPLE } from './replicas.ts'
import type { Replicas } from './replicas.ts'
import { tellCounts } from './tell.ts'

const COUNT = 3
/** Between one replica and the next. */
const BETWEEN = 100
const KILLS = IS_LONG ? 9 : 2

for (const verify of IS_LONG ? (['unix', 'tcp'] as const) : (['tcp'] as const)) {
  test(`replicas behind nginx that asks them over ${verify}`, { timeout: 180_000 }, async (t) => {
    const site = await openReplicas(t, { count: COUNT, verify })
    const replicas = await Promise.all(Array.from({ length: COUNT }, (_, place) => site.start(place)))
    const load = await startLoad(t, site, PEOPLE)
    await load.further(BETWEEN)

    await t.test('replaced one after the other they fail nobody', async (t) => {
      const before = load.counts()
      await replaceAll(site, replicas, load)
      const { failures, wrong } = tellCounts(t, before, load.counts())
      assert.deepEqual({ failures, wrong }, { failures: [], wrong: [] })
    })

    await t.test('one that is killed costs at most the sign-ins that it had under way', async (t) => {
      const before = load.counts()
      for (let kill = 0; kill < KILLS; kill++) {
        const place = kill % COUNT
        await replicas[place]?.kill()
        await load.further(BETWEEN)
        replicas[place] = await site.start(place)
        await load.further(BETWEEN)
      }
      const { failures, wrong } = tellCounts(t, before, load.counts())
      // nginx never sends a POST twice: what the killed one had done of it nobody knows.
      assert.deepEqual({ failures: failures.filter((each) => !isPost(each)), wrong }, { failures: [], wrong: [] })
      assert.ok(failures.length <= 2 * KILLS, failures.join('\n'))
    })
    const { requests } = await load.stop()
    assert.ok(requests > 6 * BETWEEN)
  })
}

async function replaceAll(site: Replicas, replicas: PosternProcess[], load: Load): Promise<void> {
  for (const [place, replica] of replicas.entries()) {
    assert.equal(await replica.stop(), 0, replica.logs())
    replicas[place] = await site.start(place)
    await load.further(BETWEEN)
  }
}

function isPost(failure: string): boolean {
  return failure.startsWith('/.postern/api/')
}
