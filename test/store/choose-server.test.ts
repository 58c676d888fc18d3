import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseServer, isSurelyRight, whyUnfit } from '../../src/store/choose-server.ts'
import type { Choosing, ServerFacts } from '../../src/store/choose-server.ts'

const FIRST_TIME: Choosing = { wanted: 'read-write', isOneOfSeveral: true, followed: null }
const AFTER_TWO: Choosing = { ...FIRST_TIME, followed: { system: '7', timeline: 2 } }

const primary = (timeline: number, more: Partial<ServerFacts> = {}): ServerFacts => ({
  isInRecovery: false,
  isReadOnly: false,
  system: '7',
  timeline,
  ...more,
})
const standby = primary(1, { isInRecovery: true })

const CASES: readonly (readonly [string, (ServerFacts | null)[], Choosing, number, number | null])[] = [
  ['the only one that takes writes', [null, standby, primary(1)], FIRST_TIME, -1, 2],
  ['the newest of two that take writes, at a first look too', [primary(1), primary(2)], FIRST_TIME, -1, 1],
  ['the first of equal ones', [primary(2), primary(2)], FIRST_TIME, -1, 0],
  ['the one in use of equal ones', [primary(2), primary(2)], AFTER_TWO, 1, 1],
  ['none but an old one that came back', [primary(1), null], AFTER_TWO, 1, null],
  ['none of another system', [primary(9, { system: '8' }), standby], AFTER_TWO, -1, null],
  ['none that takes no writes', [primary(2, { isReadOnly: true }), standby], AFTER_TWO, 0, null],
  [
    'one that is read-only where a primary is enough',
    [primary(2, { isReadOnly: true })],
    { ...AFTER_TWO, wanted: 'primary' },
    -1,
    0,
  ],
  ['none that hides what it is', [primary(0, { system: '' }), standby], FIRST_TIME, -1, null],
  ['a standby where that is wanted', [primary(2), standby], { ...FIRST_TIME, wanted: 'standby' }, -1, 1],
]

for (const [what, answers, choosing, used, chosen] of CASES) {
  test(`of several servers is chosen: ${what}`, () => {
    assert.equal(chooseServer(answers, choosing, used), chosen)
  })
}

test('a standby is never the server of a URL with one host either', () => {
  const alone: Choosing = { wanted: 'primary', isOneOfSeveral: false, followed: null }
  assert.match(whyUnfit(standby, alone) ?? '', /standby/)
  assert.equal(whyUnfit(primary(0, { system: '' }), alone), null)
})

test('the others are not waited for once one is newer than all that was known', () => {
  assert.equal(isSurelyRight(primary(3), AFTER_TWO), true)
  assert.equal(isSurelyRight(primary(2), AFTER_TWO), false)
  assert.equal(isSurelyRight(primary(3), FIRST_TIME), false)
  assert.equal(isSurelyRight({ ...standby, timeline: 3 }, AFTER_TWO), false)
})
