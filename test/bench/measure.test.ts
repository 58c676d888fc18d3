import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Case } from '../../bench/cases.ts'
import { checkStatuses } from '../../bench/measure.ts'

const CASE: Case = {
  name: 'signed in',
  gateway: 'postern',
  cookie: 'signed_in',
  path: '/',
  status: 200,
  user: /^alice$/,
  counted: null,
}
const RUN = { requests: 1_000, durationUs: 1, p50Us: 1, p99Us: 1, p999Us: 1, broken: 0 }

test('a run counts when all answers had the status of its case, but for what was under way at its end', () => {
  assert.equal(checkStatuses(CASE, RUN, new Map([[200, 1_000]])), true)
  assert.equal(checkStatuses(CASE, RUN, new Map([[200, 1_010]])), true)
  const cutOff = [200, 936] as const
  assert.equal(checkStatuses(CASE, RUN, new Map([cutOff, [499, 64]])), true)
})

test('where the database is asked a few faults are let pass, and a run with more does not count', () => {
  const late = { ...CASE, mayBeLate: true } as const
  const statuses = (faults: number): Map<number, number> => new Map([[200, 1_000 - faults]]).set(500, faults)
  assert.equal(checkStatuses(late, RUN, statuses(10)), true)
  assert.equal(checkStatuses(late, RUN, statuses(11)), false)
  assert.throws(() => checkStatuses(late, RUN, statuses(1).set(403, 1)), /1 times 403/)
  assert.throws(() => checkStatuses(late, RUN, new Map([[500, 1_000]])), /0 of it/)
})

test('a run with other answers, too few or broken connections is refused', () => {
  const refused: (readonly [typeof RUN, Map<number, number>, RegExp])[] = [
    [RUN, new Map([[200, 999]]).set(500, 1), /1 times 500/],
    [RUN, new Map([[401, 1_000]]), /1000 times 401/],
    [RUN, new Map([[200, 900]]), /900 of it/],
    [{ ...RUN, requests: 0 }, new Map(), /0 of it/],
    [{ ...RUN, broken: 2 }, new Map([[200, 1_000]]), /2 connections broke/],
  ]
  for (const [run, statuses, sentence] of refused) assert.throws(() => checkStatuses(CASE, run, statuses), sentence)
})
