import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countTrip, MAX_TRIPS, TRIPS_LIFE_S } from '../../src/login/trips.ts'

const NOW = 1_800_000_000_000

test('the trip after the last allowed one to the same page is a loop', () => {
  const loops = trips(MAX_TRIPS + 3, () => '/a?b')
  assert.deepEqual(loops, [...Array<boolean>(MAX_TRIPS).fill(false), true, true, true])
})

test('pages are counted apart, so a window full of tabs is no loop', () => {
  assert.ok(trips(200, (trip) => `/${trip}`).every((isLoop) => !isLoop))
})

test('two pages that loop in turn are both found', () => {
  const loops = trips(2 * MAX_TRIPS + 2, (trip) => `/${trip % 2}`)
  assert.deepEqual(loops.slice(-3), [false, true, true])
})

test('a minute after the first trip the count begins anew, whatever came between', () => {
  const late = (ageMs: number): boolean => {
    let cookie: string | null = null
    for (let trip = 0; trip < MAX_TRIPS; trip++) cookie = countTrip(cookie, '/', NOW + trip * 100).value
    return countTrip(cookie, '/', NOW + ageMs).isLoop
  }
  assert.deepEqual([late(TRIPS_LIFE_S * 1_000 - 1), late(TRIPS_LIFE_S * 1_000), late(-5_000)], [true, false, false])
})

test('a cookie of any other form counts nothing, and what we write stays short and plain', () => {
  for (const cookie of [
    '',
    'x',
    '._.',
    `8a5edab2_0_${'z'.repeat(9)}`,
    '8a5edab2_5',
    'x'.repeat(9_000),
    '8a5edab2_999_k',
  ]) {
    const { value, isLoop } = countTrip(cookie, '/', NOW)
    assert.equal(isLoop, false, cookie)
    assert.match(value, /^[0-9a-f]{8}_1_[0-9a-z]+$/)
  }
  let cookie: string | null = null
  for (let trip = 0; trip < 50; trip++) cookie = countTrip(cookie, `/${trip}`, NOW).value
  assert.match(cookie ?? '', /^[0-9a-z_.]{1,200}$/)
})

function trips(count: number, page: (trip: number) => string): boolean[] {
  let cookie: string | null = null
  return Array.from({ length: count }, (_, trip) => {
    const { value, isLoop } = countTrip(cookie, page(trip), NOW + trip * 50)
    cookie = value
    return isLoop
  })
}
