import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import {
  closeGrants,
  getGrant,
  grantRole,
  grantVersion,
  listGrants,
  revokeGrant,
} from '../../src/administration/grants.ts'
import { listRoles } from '../../src/administration/roles.ts'
import { setRoles, disableUser, getUser } from '../../src/administration/users.ts'
import { UserFieldsError } from '../../src/users/users.ts'
import { statement } from '../../src/store/statement.ts'
import { usePolicy } from '../support/app.ts'
import { openStaff, refusedAs, STAFF } from './place.ts'

const END = statement<[id: string]>(
  'end',
  `update auth.grants set created_at = now() - interval '2 hours', ends_at = now() where id = $1`,
)
const EVENTS = statement<[], { event_type: string; actor_login: string | null; details: Record<string, unknown> }>(
  'events',
  `select event_type, actor_login, details from auth.auth_audit_log
   where event_type in ('role_granted', 'grant_revoked', 'grant_expired') order by seq`,
)
const MAILS = statement<[], { kind: string; recipient: string }>(
  'mails',
  `select kind, recipient from auth.mail_outbox order by created_at, kind`,
)
const HOUR_MS = 3_600_000
const inHours = (hours: number): Date => new Date(Date.now() + hours * HOUR_MS)

async function faultsOf(work: Promise<unknown>): Promise<string[]> {
  try {
    await work
  } catch (error) {
    if (error instanceof UserFieldsError) return Object.keys(error.fields)
    throw error
  }
  return []
}

suite('grants', { timeout: 60_000 }, () => {
  test('GRANT-04: each needs a reason, a role of the policy and an end within 30 days', async (t) => {
    const { context } = await openStaff(t)
    const grant = { login: 'una', role: 'team', until: inHours(1), reason: 'test' }
    const table = [
      [{ reason: '' }, 'reason'],
      [{ reason: '  ' }, 'reason'],
      [{ reason: 'x'.repeat(501) }, 'reason'],
      [{ reason: 'two\nlines' }, 'reason'],
      [{ until: new Date(Date.now() - 1) }, 'until'],
      [{ until: inHours(30 * 24 + 1) }, 'until'],
      [{ until: new Date(Number.NaN) }, 'until'],
      [{ role: 'nothing' }, 'role'],
    ] as const
    for (const [change, field] of table)
      assert.deepEqual(
        await faultsOf(grantRole(context, null, { ...grant, ...change })),
        [field],
        JSON.stringify(change),
      )
    await refusedAs('unknown_user', grantRole(context, null, { ...grant, login: 'nobody' }))
    await setRoles(context, null, { login: 'una', add: ['team'] })
    assert.deepEqual(await faultsOf(grantRole(context, null, grant)), ['role'], 'she has it for good')
    await disableUser(context, null, { login: 'uwe' })
    await refusedAs('user_disabled', grantRole(context, null, { ...grant, login: 'uwe' }))
    assert.equal((await listGrants(context, { limit: 9 })).items.length, 0)
  })

  test('GRANT-05: making, revoking and running out are written down and told, each once', async (t) => {
    const { context, database, doer } = await openStaff(t)
    const ada = await doer('ada')
    const about = { login: 'una', role: 'team', reason: 'holidays' }
    const first = await grantRole(context, ada, { ...about, until: inHours(1) })
    const second = await grantRole(context, ada, { ...about, until: inHours(2) })
    assert.deepEqual((await getUser(context, 'una')).held_roles, ['team'])
    const team = (await listRoles(context, ada)).find(({ name }) => name === 'team')
    assert.deepEqual([team?.holders, team?.granted], [0, 1])
    const stale = (): never => assert.fail('not as it was read')
    const expect = (version: string): void => void (version === grantVersion(first) || stale())
    await revokeGrant(context, ada, { id: first.id, expect })
    await refusedAs('nothing_there', revokeGrant(context, ada, { id: first.id }))
    await database.query(END, second.id)
    assert.deepEqual((await getUser(context, 'una')).held_roles, [])
    const closed = await Promise.all([closeGrants(context), closeGrants(context), closeGrants(context)])
    assert.equal(
      closed.reduce((sum, count) => sum + count, 0),
      1,
    )
    await refusedAs('nothing_there', revokeGrant(context, ada, { id: second.id }))
    const events = await database.query(EVENTS)
    assert.deepEqual(
      events.map(({ event_type: type, actor_login: actor, details }) => [type, actor, details['id']]),
      [
        ['role_granted', 'ada', first.id],
        ['role_granted', 'ada', second.id],
        ['grant_revoked', 'ada', first.id],
        ['grant_expired', null, second.id],
      ],
    )
    assert.equal(events[0]?.details['reason'], 'holidays')
    const mails = await database.query(MAILS)
    assert.deepEqual(new Set(mails.map(({ recipient }) => recipient)), new Set(['una@example.com']))
    assert.deepEqual(mails.map(({ kind }) => kind).toSorted(), [
      'grant_expired',
      'grant_revoked',
      'role_granted',
      'role_granted',
    ])
    assert.equal((await getGrant(context, first.id)).revoked_by, 'ada')
  })

  test('are listed in pages, the latest first, without doubles or gaps', async (t) => {
    const { context } = await openStaff(t)
    const ids: string[] = []
    for (const login of ['una', 'uwe', 'ed', 'helga', 'una'])
      ids.unshift((await grantRole(context, null, { login, role: 'team', until: inHours(1), reason: 'test' })).id)
    const seen: string[] = []
    let after: string | null = null
    do {
      const page: Awaited<ReturnType<typeof listGrants>> = await listGrants(context, {
        limit: 2,
        ...(after !== null && { after }),
      })
      seen.push(...page.items.map(({ id }) => id))
      after = page.next
    } while (after !== null)
    assert.deepEqual(seen, ids)
    assert.equal((await listGrants(context, { login: 'UNA', holds: true, role: 'team', limit: 9 })).items.length, 2)
    for (const cursor of ['x', '', Buffer.from('2026-99-99T00:00:00.000000Z x').toString('base64url')])
      await refusedAs('bad_request', listGrants(context, { after: cursor, limit: 9 }), cursor)
  })

  test('a policy that drops the role can be applied, and one that brings it back finds the grant', async (t) => {
    const { context } = await openStaff(t)
    await grantRole(context, null, { login: 'una', role: 'auditor', until: inHours(1), reason: 'test' })
    await usePolicy(context, STAFF.replace(/ {2}auditor: .*\n/, ''))
    assert.deepEqual(
      await faultsOf(grantRole(context, null, { login: 'ed', role: 'auditor', until: inHours(1), reason: 'x' })),
      ['role'],
    )
    await usePolicy(context, STAFF)
    assert.deepEqual((await getUser(context, 'una')).held_roles, ['auditor'])
  })
})
