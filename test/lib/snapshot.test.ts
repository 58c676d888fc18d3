import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isVisible, oldestUnseen } from '../../src/lib/snapshot.ts'
import { statement } from '../../src/store/statement.ts'
import { openTestDatabase } from '../support/database.ts'

const VISIBLE = statement<[xids: readonly string[], snapshots: readonly string[]], { visible: boolean }>(
  'visible',
  `select pg_visible_in_snapshot(xid::xid8, snapshot::pg_snapshot) as visible
   from unnest($1::text[], $2::text[]) with ordinality as pairs (xid, snapshot, place) order by place`,
)
const pair = fc
  .record({
    xmin: fc.integer({ min: 3, max: 40 }),
    length: fc.integer({ min: 0, max: 20 }),
    holes: fc.uniqueArray(fc.nat(19), { maxLength: 8 }),
    xid: fc.integer({ min: 3, max: 70 }),
  })
  .map(({ xmin, length, holes, xid }) => {
    const inProgress = holes.filter((hole) => hole < length).sort((a, b) => a - b)
    return { xid, snapshot: `${xmin}:${xmin + length}:${inProgress.map((hole) => xmin + hole).join(',')}` }
  })

test('a transaction is visible in a snapshot exactly where PostgreSQL says so', async (t) => {
  const { database } = await openTestDatabase(t)
  const pairs = fc.sample(pair, 5_000)
  const texts = [pairs.map(({ xid }) => String(xid)), pairs.map(({ snapshot }) => snapshot)] as const
  const rows = await database.query(VISIBLE, ...texts)
  assert.equal(rows.length, pairs.length)
  for (const [place, { xid, snapshot }] of pairs.entries()) {
    assert.equal(isVisible(snapshot, BigInt(xid)), rows[place]?.visible, `${xid} in ${snapshot}`)
  }
})

test('the oldest that a snapshot might not see is its first', () => {
  assert.equal(oldestUnseen('12:20:12,15'), 12n)
  assert.equal(oldestUnseen('18446744073709551000:18446744073709551001:'), 18446744073709551000n)
})
