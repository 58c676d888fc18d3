import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { runCases } from './differential.ts'
import { openPlace } from './place.ts'
import { PLANTS } from './plants.ts'

/** What every run of the tests sends, so that each of these would be found by it. */
const CASES = 5_000

suite('the fuzzer finds a lane for which', { concurrency: 4 }, () => {
  for (const [defect, plant] of Object.entries(PLANTS)) {
    test(defect, async (t) => {
      const place = await openPlace(t, plant)
      const { difference, cases } = await runCases(place, { seed: 1, from: 0, cases: CASES })
      t.diagnostic(`after ${cases} streams`)
      assert.notEqual(difference, null)
    })
  }
})
