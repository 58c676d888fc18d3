import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runInThreads } from './run.ts'
import { IS_LONG } from '../support/long.ts'

const CASES = IS_LONG ? 50_000 : 5_000
const SEED = 1

test('the lane and the ordinary server answer every stream of bytes alike', async (t) => {
  const { difference, left, ...counts } = await runInThreads({ seed: SEED, cases: CASES })
  t.diagnostic(JSON.stringify(counts))
  assert.equal(difference, null)
  assert.equal(left, 0, 'connections are left open')
  assert.equal(counts.cases, CASES)
  // What neither lets pass, or only the ordinary server looks at, would prove little.
  assert.ok(counts.allowed > CASES / 10, `${counts.allowed} requests were let pass`)
  assert.ok(counts.byLane > CASES / 2, `${counts.byLane} requests were answered by the lane`)
  assert.ok(counts.same > CASES * 0.9, `${counts.same} streams had the very same answers`)
})
