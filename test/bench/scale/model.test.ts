import assert from 'node:assert/strict'
import { test } from 'node:test'
import { predict } from '../../../bench/scale/model.ts'
import type { Coefficients, Numbers } from '../../../bench/scale/model.ts'
import { readNumbers } from '../../../bench/scale/numbers.ts'
import { fitMemory } from '../../../bench/scale/room.ts'

const MB = 1_048_576
const COSTS: Coefficients = {
  gateway: {
    idleUs: 1_000,
    awakeUs: 20_000,
    l1Us: 10,
    l2Us: 50,
    l3Us: 100,
    nobodyUs: 5,
    forgedUs: 20,
    signInUs: 25_000,
    endUs: 2_000,
    heardUs: 100,
    baseBytes: 100 * MB,
    principalBytes: 2_048,
  },
  postgres: {
    idleUs: 500,
    l3Us: 40,
    signInUs: 1_000,
    endUs: 500,
    touchUs: 10,
    idleStatements: 3,
    signInStatements: 20,
    endStatements: 4,
    userBytes: 600,
    signInBytes: 900,
    eventBytes: 500,
    decisionBytes: 300,
  },
  redis: { entryBytes: 700, getUs: 10 },
}
const NOTHING: Numbers = readNumbers('users=0,sessions=0,processes=2,requests=0,signins=0,revocations=0')

test('idle processes cost what they cost idle, each', () => {
  const { gatewayCpu, postgresCpu, statementsPerSecond, processMb } = predict(NOTHING, COSTS)
  assert.deepEqual([gatewayCpu, postgresCpu, statementsPerSecond, processMb], [0.002, 0.001, 6, 100])
})

test('each sign-in is read once in the life of an entry and the pause after it, in each process', () => {
  const { l3PerSecond, l1Share } = predict({ ...NOTHING, sessions: 6_000, requests: 2_000 }, COSTS)
  assert.ok(Math.abs(l3PerSecond - (6_000 * 2) / (60 + 6)) < 1e-9)
  assert.ok(Math.abs(l1Share - (1 - l3PerSecond / 2_000)) < 1e-9)
  const rare = predict({ ...NOTHING, sessions: 1_000_000, requests: 10 }, COSTS)
  assert.ok(rare.l3PerSecond > 9.99, 'who comes once in a day is read every time')
})

test('with Redis most of what memory lacks is found there', () => {
  const busy = { ...NOTHING, sessions: 6_000, requests: 2_000 }
  const [without, withRedis] = [predict(busy, COSTS), predict({ ...busy, redis: 1 }, COSTS)]
  assert.equal(withRedis.l1Share, without.l1Share)
  assert.ok(withRedis.l3PerSecond < without.l3PerSecond / 5)
  assert.ok(Math.abs(withRedis.l2PerSecond + withRedis.l3PerSecond - without.l3PerSecond) < 1e-9)
  assert.ok(withRedis.redisMb > 0 && without.redisMb === 0)
})

test('memory holds no more than 100,000 principals a machine', () => {
  const { processMb } = predict({ ...NOTHING, sessions: 1_000_000 }, COSTS)
  assert.equal(processMb, 100 + (50_000 * 2_048) / MB)
})

test('the line through points of memory is found', () => {
  const points = [0, 10_000, 100_000].map((principals) => ({ principals, mb: 100 + (principals * 2_048) / MB }))
  const { baseBytes, principalBytes } = fitMemory(points)
  assert.deepEqual([Math.round(baseBytes), Math.round(principalBytes)], [100 * MB, 2_048])
})

test('what is to be predicted is read strictly', () => {
  assert.equal(readNumbers('sessions=30000,requests=0.5').requests, 0.5)
  for (const text of ['people=1', 'sessions', 'sessions=-1', 'sessions=1e9', 'processes=0', 'sessions=1,']) {
    assert.throws(() => readNumbers(text), { name: 'OperatorError', exitCode: 2 }, text)
  }
})
