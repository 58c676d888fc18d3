import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { IS_LONG } from '../support/long.ts'
import { runCases } from './differential.ts'
import { openPlace } from './place.ts'
import { PLANTS } from './plants.ts'

/** What every run of the tests sends, so that each of these would be found by it. */
const CASES = 5_000

suite('the fuzzer finds a lane for which', { concurrency: 4 }, () => {
  const all = Object.entries(PLANTS)
  for (const [defect, plant] of IS_LONG ? all : all.filter((_, index) => index % 3 === 0)) {
    test(defect, async (t) => {
      const place = await openPlace(t, plant)
      const { difference, cases } = await runCases(place, { seed: 1, from: 0, cases: CASES })
      t.diagnostic(`after ${cases} streams`)
      assert.notEqual(difference, null)
    })
  }
})
