import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Case } from '../../bench/cases.ts'
import { checkStatuses, rotated, untilAnswered } from '../../bench/measure.ts'

const CASE: Case = {
  name: 'signed in',
  gateway: 'postern',
  cookie: 'signed_in',
  path: '/',
  status: 200,
  user: 'alice',
  counted: null,
}
const RUN = { requests: 1_000, durationUs: 1, p50Us: 1, p99Us: 1, broken: 0 }

test('a run counts when all answers had the status of its case, but for what was under way at its end', () => {
  checkStatuses(CASE, RUN, new Map([[200, 1_000]]))
  checkStatuses(CASE, RUN, new Map([[200, 1_010]]))
  const cutOff = [200, 936] as const
  checkStatuses(CASE, RUN, new Map([cutOff, [499, 64]]))
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

test('each round begins with another case and has them all', () => {
  const cases = ['a', 'b', 'c']
  const rounds = [0, 1, 2, 3].map((round) => rotated(cases, round).join(''))
  assert.deepEqual(rounds, ['abc', 'bca', 'cab', 'abc'])
})

test('a run without any answer is repeated, and three of them end the bench', async () => {
  const told: string[] = []
  const progress = (line: string): void => void told.push(line)
  const runs = [null, null, 'measured', null, null, null]
  const measure = async (): Promise<string | null> => runs.shift() ?? null
  assert.equal(await untilAnswered(CASE, { progress }, measure), 'measured')
  assert.equal(told.length, 2)
  await assert.rejects(untilAnswered(CASE, { progress }, measure), /no answer in 3 runs/)
  assert.deepEqual(runs, [])
})
