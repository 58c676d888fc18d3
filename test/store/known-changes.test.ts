import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createKnownChanges } from '../../src/store/known-changes.ts'
import type { KnownChange } from '../../src/store/known-changes.ts'

const change = (xid: bigint, names: string | null = 'me'): KnownChange => ({ id: String(xid), xid, names })

test('what does not see a change that names its user or sign-in is void, and nothing else', () => {
  const known = createKnownChanges(100n)
  known.add(change(105n, 'me'), 0)
  known.add(change(106n, 'my sign-in'), 0)
  known.add(change(107n, null), 0)
  const cases: readonly [snapshot: string, userId: string, signInId: string, isVoid: boolean][] = [
    ['105:105:', 'me', 'x', true],
    ['105:110:105', 'me', 'x', true],
    ['103:110:103', 'me', 'x', false],
    ['106:106:', 'me', 'x', false],
    ['106:106:', 'x', 'my sign-in', true],
    ['105:105:', 'you', 'x', false],
  ]
  for (const [snapshot, userId, signInId, isVoid] of cases)
    assert.equal(known.isVoid(snapshot, userId, signInId), isVoid, `${snapshot} ${userId} ${signInId}`)
})

test('what was read before this process began to read changes is void', () => {
  const known = createKnownChanges(100n)
  assert.deepEqual([known.isVoid('99:120:99', 'me', 'x'), known.isVoid('100:120:100', 'me', 'x')], [true, false])
})

test('a change counts once, however often it is read', () => {
  const known = createKnownChanges(100n)
  assert.deepEqual([known.add(change(105n), 0), known.add(change(105n), 1), known.size], [true, false, 1])
})

test('what a forgotten change made void stays void, whoever it names', () => {
  const known = createKnownChanges(100n)
  known.add(change(105n, 'me'), 1_000)
  known.add(change(106n, 'you'), 2_000)
  known.prune(1_500, 200n)
  assert.equal(known.size, 1)
  for (const userId of ['me', 'you', 'somebody']) assert.equal(known.isVoid('105:105:', userId, 'x'), true, userId)
  assert.equal(known.isVoid('106:106:', 'me', 'x'), false)
  known.prune(3_000, 200n)
  assert.deepEqual([known.size, known.isVoid('106:106:', 'me', 'x')], [0, true])
  assert.equal(known.isVoid('107:107:', 'me', 'x'), false)
})

test('a change is kept while a transaction from before it is open, so that new reads still count', () => {
  const known = createKnownChanges(100n)
  known.add(change(105n), 0)
  known.prune(10_000, 103n)
  assert.equal(known.size, 1)
  assert.deepEqual([known.isVoid('103:110:103', 'me', 'x'), known.isVoid('105:105:', 'me', 'x')], [false, true])
})
