import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkHistory } from './checker.ts'
import type { Rule } from './checker.ts'
import { madeHistory } from './made-history.ts'
import type { MadeHistory } from './made-history.ts'

const PROMISES = { processes: 2, boundMs: 2_000, graceMs: 5_000, recoveryMs: 2_500 }

type Case = readonly [what: string, write: (history: MadeHistory) => unknown, broken: readonly Rule[]]

/** `a` was signed in at 0 and ended at 10,000, `b` at 0 and never. */
const CASES: readonly Case[] = [
  ['nothing but answers that are right', (h) => h.verify('a', 9_000, 200).verify('a', 10_500, 401), []],
  ['a 200 within the bound', (h) => h.verify('a', 11_900, 200), []],
  ['a 200 after the bound', (h) => h.verify('a', 12_100, 200), ['ended']],
  ['a 200 that was asked for before', (h) => h.verify('a', 9_900, 200, { receivedAt: 19_000 }), []],
  ['a 200 later by no more than a stall', (h) => h.stall(10_500, 11_500).verify('a', 12_900, 200), []],
  ['a 200 later by more than a stall', (h) => h.stall(10_500, 11_500).verify('a', 13_100, 200), ['ended']],
  ['a stall of another process', (h) => h.stall(10_500, 11_500, 1).verify('a', 12_900, 200), ['ended']],
  ['a 200 of who was cut off', (h) => h.fault('postgres_out', 9_500, 30_000, 0).verify('a', 16_000, 200), []],
  [
    'a 200 of who was cut off, after grace and bound',
    (h) => h.fault('postgres_out', 9_500, 30_000, 0).verify('a', 16_600, 200),
    ['ended'],
  ],
  [
    'a 200 while another is cut off',
    (h) => h.fault('postgres_out', 9_500, 30_000, 1).verify('a', 13_000, 200),
    ['ended'],
  ],
  [
    'a 200 of who was cut off only after the bound',
    (h) => h.fault('postgres_out', 12_100, 30_000).verify('a', 12_500, 200),
    ['ended'],
  ],
  [
    'a 200 of who reaches PostgreSQL again',
    (h) => h.fault('postgres_out', 9_500, 11_000).verify('a', 13_100, 200),
    ['ended'],
  ],
  [
    'a 200 of who was cut off twice in a row',
    (h) => h.fault('postgres_out', 9_500, 11_000).fault('postgres_out', 12_000, 20_000).verify('a', 14_000, 200),
    [],
  ],
  [
    'a 200 in an outage which came right after another that was too early to count',
    (h) => h.fault('postgres_out', 6_000, 8_500).fault('postgres_out', 9_900, 20_000).verify('a', 16_000, 200),
    [],
  ],
  [
    'a 200 of a process that was stopped and goes on',
    (h) => h.fault('paused', 9_000, 15_000, 0).verify('a', 13_000, 200, { receivedAt: 15_100 }),
    ['ended'],
  ],
  [
    'a 200 of a process that was stopped, and goes on in an outage',
    (h) => {
      h.fault('paused', 9_000, 12_500, 0)
      h.fault('postgres_out', 12_000, 20_000)
      h.verify('a', 13_000, 200)
    },
    [],
  ],
  ['a 401 for who is signed in', (h) => h.verify('b', 5_000, 401), ['refused']],
  ['a 401 for who may have ended', (h) => h.user('revoke', 4_000, { status: 500 }).verify('b', 5_000, 401), []],
  ['a 403 on an open path', (h) => h.verify('b', 5_000, 403), ['refused']],
  ['a 500 for no reason', (h) => h.verify('b', 5_000, 500), ['unavailable']],
  ['no answer for no reason', (h) => h.verify('b', 5_000, null), ['unavailable']],
  ['no answer of a process that is down', (h) => h.fault('down', 4_000, 6_000, 0).verify('b', 5_000, null), []],
  [
    'a 500 for who is not known, in an outage',
    (h) => h.fault('postgres_out', 4_000, 6_000).verify('b', 5_000, 500),
    [],
  ],
  [
    'a 500 for who is known, in an outage',
    (h) => h.verify('b', 3_000, 200).fault('postgres_out', 4_000, 6_000).verify('b', 5_000, 500),
    ['unavailable'],
  ],
  [
    'a 500 for who was known before the process was started again',
    (h) => {
      h.verify('b', 3_000, 200)
      h.fault('postgres_out', 4_000, 6_000)
      h.verify('b', 5_000, 500, { life: 2 })
    },
    [],
  ],
  [
    'a 500 for who is known, after the grace',
    (h) => h.verify('b', 3_000, 200).fault('postgres_out', 4_000, 12_000).verify('b', 8_900, 500),
    [],
  ],
  [
    'a 500 for who is known, long after the outage',
    (h) => h.verify('b', 3_000, 200).fault('postgres_out', 4_000, 6_000).verify('b', 8_600, 500),
    ['unavailable'],
  ],
  ['a token that nobody was given', (h) => h.verify('forged', 5_000, 200), ['entered']],
  ['a wrong password', (h) => h.signIn('c', 50_000, { wrongPassword: true, login: 'carol' }), ['entered', 'lost']],
  [
    'somebody who is disabled',
    (h) => {
      h.user('disable', 40_000, { login: 'carol' })
      h.signIn('c', 50_000, { login: 'carol' })
      h.signOut('c', 60_000)
    },
    ['entered'],
  ],
  [
    'somebody who may be enabled again',
    (h) => {
      h.user('disable', 40_000, { login: 'carol' })
      h.user('enable', 45_000, { login: 'carol', status: 500 })
      h.signIn('c', 50_000, { login: 'carol' })
      h.signOut('c', 60_000)
    },
    [],
  ],
  ['somebody else than signed in', (h) => h.verify('b', 5_000, 200, { login: 'bob' }), ['identity']],
  ['a path that is denied', (h) => h.policy(true, 4_000).verify('b', 6_100, 200, { path: '/gate' }), ['policy']],
  ['a path soon after it is denied', (h) => h.policy(true, 4_000).verify('b', 6_000, 200, { path: '/gate' }), []],
  [
    'a path that is denied no longer',
    (h) => h.policy(true, 4_000).policy(false, 5_000).verify('b', 7_100, 403, { path: '/gate' }),
    ['policy'],
  ],
  [
    'a path whose policy is unclear',
    (h) => h.policy(true, 4_000, { status: 500 }).verify('b', 7_100, 200, { path: '/gate' }),
    [],
  ],
  ['somebody who is lost in the end', (h) => h.signIn('c', 20_000), ['lost']],
]

for (const [what, write, broken] of CASES) {
  test(`the checker finds ${broken.length === 0 ? 'nothing wrong' : broken.join(' and ')}: ${what}`, () => {
    const history = madeHistory()
    history.signIn('a', 0)
    history.signIn('b', 0)
    history.signOut('a', 9_990)
    write(history)
    history.endWell('b')
    const found = checkHistory(history, PROMISES).map(({ rule }) => rule)
    assert.deepEqual([...new Set(found)].sort(), [...broken].sort())
  })
}

test('a process that is not well in the end, or was not asked, is noticed', () => {
  const history = madeHistory()
  assert.deepEqual(
    checkHistory(history, PROMISES).map(({ rule }) => rule),
    ['end', 'end'],
  )
  history.endWell()
  assert.deepEqual(checkHistory(history, PROMISES), [])
})

test('a violation tells the calls that show it', () => {
  const history = madeHistory()
  history.signIn('a', 0)
  history.signOut('a', 9_990)
  history.verify('a', 12_100, 200)
  history.endWell()
  const [violation] = checkHistory(history, PROMISES)
  assert.deepEqual(
    violation?.calls.map(({ kind }) => kind),
    ['sign_in', 'sign_out', 'verify'],
  )
})
