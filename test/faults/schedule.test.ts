import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FAULTS, planFaults, QUIET_MS } from './schedule.ts'

const SEEDS = Array.from({ length: 50 }, (_, seed) => seed)

test('a seed always gives the same faults, and another one others', () => {
  for (const seed of SEEDS) {
    assert.deepEqual(planFaults(seed, 1, 3), planFaults(seed, 1, 3))
    assert.notDeepEqual(planFaults(seed, 1, 3), planFaults(seed + 1, 1, 3))
  }
})

test('the beginning and the end are free of faults', () => {
  for (const seed of SEEDS) {
    for (const { at, lasts, target } of planFaults(seed, 1, 3)) {
      assert.ok(at >= QUIET_MS.start)
      assert.ok(at + lasts <= 60_000 - QUIET_MS.end)
      assert.ok(target === null || target < 3)
    }
  }
})

test('no more than two faults are there at once, and never two of one place', () => {
  for (const seed of SEEDS) {
    const planned = planFaults(seed, 5, 3)
    for (const fault of planned) {
      const others = planned.filter((each) => each !== fault && each.at <= fault.at && each.at + each.lasts > fault.at)
      assert.ok(others.length <= 1)
      for (const other of others) assert.notEqual(FAULTS[other.fault].place, FAULTS[fault.fault].place)
    }
  }
})

test('a run that is long enough has every kind, and one promotion at most', () => {
  for (const seed of SEEDS) {
    const kinds = planFaults(seed, 10, 3).map(({ fault }) => fault)
    assert.equal(new Set(kinds).size, Object.keys(FAULTS).length)
    assert.equal(kinds.filter((kind) => kind === 'promote').length, 1)
  }
})
