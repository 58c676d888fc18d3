import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Attempt } from '../../src/limits/attempt-sides.ts'
import type { Attempts, Reservation } from '../../src/limits/attempts.ts'

/** What is counted on, with a clock that the test sets and a user of its own. */
export interface Place {
  readonly attempts: Attempts
  readonly clock: { now: number }
  /** A device that this user signed in from. */
  readonly known: { readonly userId: string; readonly deviceHash: Buffer }
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

type Given = Partial<Attempt>

function attempt(given: Given = {}): Attempt {
  return { name: 'alice', userId: null, address: '192.0.2.1', deviceHash: null, factor: 'password', ...given }
}

async function goes(place: Place, given: Given = {}): Promise<Extract<Reservation, { kind: 'go' }>> {
  const reservation = await place.attempts.reserve(attempt(given))
  assert.equal(reservation.kind, 'go')
  return reservation
}

async function stops(place: Place, given: Given = {}): Promise<Extract<Reservation, { kind: 'stopped' }>> {
  const reservation = await place.attempts.reserve(attempt(given))
  assert.equal(reservation.kind, 'stopped')
  return reservation
}

async function fail(place: Place, times: number, given: Given = {}): Promise<void> {
  for (let count = 0; count < times; count++) await goes(place, given)
}

/** What every way of counting promises; `open` gives an empty one. */
export function attemptsContract(name: string, open: () => Promise<Place>): void {
  const at = (title: string, run: (place: Place) => Promise<void>): void =>
    void test(`${name}: ${title}`, async () => run(await open()))

  at('LOGIN-16: ten failures go, then one network is stopped for this name, known or unknown alike', async (place) => {
    for (const given of [{ name: 'nobody' }, { name: 'alice', userId: place.known.userId, address: '192.0.2.9' }]) {
      const outcomes = []
      for (let count = 0; count < 30; count++) {
        const { kind, ...told } = await place.attempts.reserve(attempt(given))
        outcomes.push('retryAfterS' in told ? `${kind} ${told.retryAfterS}` : `${kind} ${told.delayMs}`)
      }
      const go = [0, 0, 0, 250, 500, 1000, 2000, 2000, 2000, 2000].map((ms) => `go ${ms}`)
      assert.deepEqual(outcomes, [...go, ...Array.from({ length: 20 }, () => 'stopped 60')])
    }
  })

  at('LOGIN-17: of 100 attempts at once exactly ten go', async (place) => {
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => place.attempts.reserve(attempt())))
    assert.equal(outcomes.filter(({ kind }) => kind === 'go').length, 10)
  })

  at('LOGIN-19: 500 names from one address trip the budget of the network', async (place) => {
    const outcomes = []
    for (let count = 0; count < 500; count++)
      outcomes.push(await place.attempts.reserve(attempt({ name: `u${count}` })))
    assert.equal(outcomes.filter(({ kind }) => kind === 'go').length, 50)
    await goes(place, { name: 'u499', address: '192.0.2.2' })
  })

  at('LOGIN-19: 500 names from one /64 trip it too, whichever address each comes from', async (place) => {
    const all = Array.from({ length: 500 }, (_, index) =>
      attempt({ name: `u${index}`, address: `2001:db8:1:2::${index.toString(16)}` }),
    )
    const outcomes = await Promise.all(all.map((each) => place.attempts.reserve(each)))
    assert.equal(outcomes.filter(({ kind }) => kind === 'go').length, 50)
    await goes(place, { name: 'u499', address: '2001:db8:1:3::1' })
  })

  at('an office behind one address is not locked out by people who mistype and then get in', async (place) => {
    for (let count = 0; count < 200; count++) {
      const name = `worker${count}`
      await fail(place, 3, { name })
      await (await goes(place, { name })).succeeded()
    }
  })

  at('LOGIN-20: 10,000 wrong passwords from one network keep the owner out of no other', async (place) => {
    const { userId } = place.known
    let went = 0
    for (let quarters = 0; quarters < 100; quarters++) {
      place.clock.now += 15 * MINUTE_MS
      const attempts = Array.from({ length: 100 }, () => place.attempts.reserve(attempt({ userId })))
      went += (await Promise.all(attempts)).filter(({ kind }) => kind === 'go').length
    }
    assert.ok(went < 30, `${went} were checked within 25 hours`)
    await goes(place, { userId, address: '198.51.100.7' })
    await goes(place, { ...place.known })
  })

  at(
    'LOGIN-20: nobody reaches the ceiling from one /48 of IPv6, whichever of its networks each comes from',
    async (place) => {
      const { userId } = place.known
      const all = Array.from({ length: 160 }, (_, index) => `2001:db8:1:${index.toString(16)}::1`)
      const outcomes = await Promise.all(all.map((address) => place.attempts.reserve(attempt({ userId, address }))))
      assert.equal(outcomes.filter(({ kind }) => kind === 'go').length, 10)
      assert.equal((await goes(place, { userId, address: '2001:db8:2::1' })).seen.failuresBefore, 10)
      assert.ok(
        (await place.attempts.list({ network: '2001:db8:1:7::1' }, 100)).some(({ failures }) => failures === 10),
      )
    },
  )

  at('counts are cleared of one person by factor, and of nobody else', async (place) => {
    const { userId } = place.known
    for (let count = 0; count < 10; count++)
      for (const factor of ['password', 'basic', 'totp'] as const) await goes(place, { userId, factor })
    await fail(place, 10, { name: 'ghost' })
    assert.equal(await place.attempts.clear({ person: { userId, names: [] }, factors: ['password', 'basic'] }), 3)
    assert.equal((await goes(place, { userId })).seen.failuresBefore, 0)
    await stops(place, { userId, factor: 'totp' })
    await stops(place, { name: 'ghost' })
  })

  at('a stop grows with each failure after it, to a day at most, and is over in time', async (place) => {
    await fail(place, 10)
    const waits: number[] = []
    for (let count = 0; count < 13; count++) {
      const { retryAfterS } = await stops(place)
      waits.push(retryAfterS / 60)
      place.clock.now += retryAfterS * 1_000 + 1
      await goes(place)
    }
    assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1440])
    place.clock.now += 3 * DAY_MS
    assert.equal((await goes(place)).delayMs, 0)
  })

  at('what is stopped counts nowhere: neither the stop nor the ceiling grows', async (place) => {
    await fail(place, 10)
    for (let count = 0; count < 200; count++) await stops(place)
    assert.equal((await stops(place)).retryAfterS, 60)
    const { seen } = await goes(place, { address: '198.51.100.7' })
    assert.equal(seen.failuresBefore, 10)
  })

  at('100 failures in a row from anywhere leave recovery, another factor, or a known device', async (place) => {
    const { userId } = place.known
    for (let count = 0; count < 100; count++) await goes(place, { userId, address: `10.0.${count}.1` })
    const { until } = await stops(place, { userId, address: '10.1.0.1' })
    assert.equal(until, 'recovery')
    place.clock.now += 400 * DAY_MS
    await stops(place, { userId, address: '10.1.0.1', factor: 'basic' })
    await goes(place, { userId, address: '10.1.0.1', factor: 'totp' })
    await goes(place, { ...place.known, address: '10.1.0.1' })
    await stops(place, { userId, address: '10.1.0.1' })
    assert.ok((await place.attempts.clear({ person: { userId, names: ['alice'] } })) > 0)
    await goes(place, { userId, address: '10.1.0.1' })
  })

  at('a success begins the count of a person anew', async (place) => {
    const { userId } = place.known
    for (let count = 0; count < 99; count++) await goes(place, { userId, address: `10.0.${count}.1` })
    await (await goes(place, { userId, address: '10.1.0.1' })).succeeded()
    assert.equal((await goes(place, { userId, address: '10.1.0.2' })).seen.failuresBefore, 0)
    for (let count = 1; count < 100; count++) await goes(place, { userId, address: `10.2.${count}.1` })
    await stops(place, { userId, address: '10.3.0.1' })
    await (await goes(place, { ...place.known, address: '10.3.0.1' })).succeeded()
    assert.equal((await goes(place, { userId, address: '10.3.0.1' })).seen.failuresBefore, 0)
  })

  at('a success gives back to the network what that person counted, and no more', async (place) => {
    for (let count = 0; count < 49; count++) await goes(place, { name: `u${count}` })
    for (let count = 0; count < 5; count++) await (await goes(place, { name: 'mallory' })).succeeded()
    assert.equal((await goes(place, { name: 'mallory' })).seen.peopleFromNetwork, 50)
    await stops(place, { name: 'new' })
  })

  at('an attempt that was not checked is as if it had not been', async (place) => {
    await fail(place, 9)
    for (let count = 0; count < 20; count++) await (await goes(place)).notChecked()
    assert.equal((await goes(place)).seen.failuresBefore, 9)
    await stops(place)
    for (let count = 0; count < 20; count++) await (await goes(place, { ...place.known })).notChecked()
    assert.equal((await goes(place, { ...place.known })).seen.failuresBefore, 0)
  })

  at('a known device has a budget of its own, which ends as well', async (place) => {
    await fail(place, 10, place.known)
    assert.equal((await stops(place, place.known)).retryAfterS, 30)
    await goes(place, { userId: place.known.userId })
    place.clock.now += 31_000
    await (await goes(place, place.known)).succeeded()
    await fail(place, 10, place.known)
  })

  at('after 100 failures in a row a device is no longer known', async (place) => {
    for (let count = 0; count < 100; count++) {
      await goes(place, place.known)
      place.clock.now += 60 * MINUTE_MS + 1
    }
    assert.equal((await goes(place, place.known)).seen.failuresBefore, 0)
  })

  at("somebody else's device is an unknown one", async (place) => {
    await fail(place, 10, { ...place.known, userId: null })
    await stops(place, { ...place.known, userId: null })
  })

  at('LOGIN-22: each factor counts for itself, and basic shares the ceiling of the password alone', async (place) => {
    for (const factor of ['password', 'totp', 'recovery', 'webauthn', 'basic', 'token'] as const) {
      await fail(place, 10, { factor })
      await stops(place, { factor })
    }
    assert.equal((await goes(place, { address: '198.51.100.7' })).seen.failuresBefore, 20)
    assert.equal((await goes(place, { address: '198.51.100.7', factor: 'totp' })).seen.failuresBefore, 10)
  })

  at('counts are listed, latest first, and cleared by person, by name and by network', async (place) => {
    const { userId } = place.known
    await goes(place, { name: 'ghost', address: '198.51.100.7' })
    place.clock.now += 1_000
    await fail(place, 10, { userId })
    const rows = await place.attempts.list({}, 100)
    assert.deepEqual(
      rows
        .slice(0, 3)
        .map(({ side, failures }) => `${side} ${failures}`)
        .sort(),
      ['network 2', 'person 10', 'person_network 10'],
    )
    assert.ok(rows.some(({ side, stoppedUntil }) => side === 'person_network' && stoppedUntil instanceof Date))
    const ofGhost = { person: { userId: null, names: ['ghost'] } }
    assert.deepEqual(
      (await place.attempts.list(ofGhost, 100)).map(({ userId: id }) => id),
      [null, null],
    )
    assert.equal(await place.attempts.clear(ofGhost), 2)
    assert.equal((await place.attempts.list({ network: '192.0.2.0/24' }, 100)).length, 2)
    assert.equal(await place.attempts.clear({ person: { userId, names: [] }, network: '192.0.2.0/24' }), 1)
    await goes(place, { userId })
  })
}
