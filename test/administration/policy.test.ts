import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { applyPolicy, getVersion, listVersions, rollBack } from '../../src/administration/policy.ts'
import { diffVersions, replayPolicy, tryPolicy } from '../../src/administration/try-policy.ts'
import { statement } from '../../src/store/statement.ts'
import { UserFieldsError } from '../../src/users/users.ts'
import { openStaff, refusedAs, STAFF } from './place.ts'

const APPLIED = statement<[], { actor_login: string | null; resource: string; details: Record<string, unknown> }>(
  'applied',
  `select actor_login, resource, details from auth.auth_audit_log where event_type = 'policy_applied' order by seq`,
)
const OPEN = STAFF.replace('{ path: /healthz, methods: [GET], allow: anyone }', '{ path: /healthz, allow: anyone }')
const TESTED = `${STAFF}tests:\n  - { as: nobody, request: GET https://app.example.com/public/x, expect: allow }\n`

suite('policies, administered', { timeout: 60_000 }, () => {
  test('ADM-POL-01: of two who edit the same version the second is refused, and nothing is lost', async (t) => {
    const { context, database, doer } = await openStaff(t)
    const [ada, ed] = [await doer('ada'), await doer('ed')]
    const change = { reason: 'test', expectedVersion: 1 }
    const both = await Promise.allSettled([
      applyPolicy(context, ada, { ...change, source: OPEN }),
      applyPolicy(context, ed, { ...change, source: TESTED }),
    ])
    assert.deepEqual(new Set(both.map(({ status }) => status)), new Set(['fulfilled', 'rejected']))
    const lost = both[0]?.status === 'rejected' ? ada : ed
    await refusedAs('changed_since', applyPolicy(context, lost, { ...change, source: STAFF }))
    await refusedAs('changed_since', rollBack(context, lost, { version: 1, ...change }))
    assert.equal(context.policies.version, 2)
    assert.deepEqual(await rollBack(context, ed, { version: 1, reason: 'back', expectedVersion: 2 }), {
      kind: 'applied',
      version: 3,
    })
    const events = await database.query(APPLIED)
    assert.deepEqual([events.at(-1)?.actor_login, events.at(-1)?.resource], ['ed', 'policy:3'])
    assert.deepEqual(events.at(-1)?.details, { version: 3, by: 'ed', reason: 'back' })
  })

  test('a bad policy, a reason that is none and an unknown version change nothing', async (t) => {
    const { context } = await openStaff(t)
    const bad = await applyPolicy(context, null, { source: 'version: 2', reason: 'test' })
    assert.equal(bad.kind, 'invalid')
    for (const reason of ['', ' ', 'x'.repeat(501), 'two\nlines'])
      await assert.rejects(applyPolicy(context, null, { source: OPEN, reason }), UserFieldsError)
    for (const version of [9, 0, -1, 1.5, 2 ** 40])
      await refusedAs('nothing_there', rollBack(context, null, { version, reason: 'test' }), String(version))
    assert.equal(context.policies.version, 1)
  })

  test('a policy that is kept in a file is changed there alone', async (t) => {
    const { context } = await openStaff(t)
    const kept = { ...context, config: { ...context.config, policyFile: '/etc/postern/policy.yaml' } }
    await refusedAs('policy_in_file', applyPolicy(kept, null, { source: OPEN, reason: 'test' }))
    await refusedAs('policy_in_file', rollBack(kept, null, { version: 1, reason: 'test' }))
  })

  test('trying a draft tells its mistakes or its tests and what it changes, and changes nothing', async (t) => {
    const { context } = await openStaff(t)
    const wrong = await tryPolicy(context, STAFF.replace('allow: anyone', 'alow: anyone'))
    assert.ok(wrong.kind === 'invalid' && (wrong.mistakes[0]?.line ?? 0) > 1)
    const failing = await tryPolicy(context, TESTED.replace('expect: allow', 'expect: refuse'))
    assert.ok(failing.kind === 'invalid')
    const fine = await tryPolicy(context, TESTED.replace('/healthz, methods: [GET]', '/healthz'))
    assert.ok(fine.kind === 'fine')
    assert.deepEqual([fine.inForce, fine.counts.tests, fine.tests[0]?.as], [1, 1, 'nobody'])
    assert.deepEqual(new Set(fine.difference.differences?.map(({ what }) => what)), new Set(['rule', 'tests']))
    assert.match(fine.difference.lines ?? '', /^\+.*\/healthz, allow/m)
    const replayed = await replayPolicy(context, { source: OPEN })
    assert.ok('replayed' in replayed && replayed.replayed === 0)
    assert.equal(((await replayPolicy(context, { source: 'x' })) as { kind?: string }).kind, 'invalid')
    assert.equal(context.policies.version, 1)
  })

  test('versions are listed in pages, and any two are compared', async (t) => {
    const { context } = await openStaff(t)
    for (const source of [OPEN, STAFF, OPEN]) await applyPolicy(context, null, { source, reason: 'test' })
    const first = await listVersions(context, { limit: 3 })
    assert.deepEqual([first.items.map(({ version }) => version), first.next], [[4, 3, 2], '2'])
    const rest = await listVersions(context, { after: '2', limit: 3 })
    assert.deepEqual([rest.items.map(({ version }) => version), rest.next], [[1], null])
    assert.equal((await getVersion(context, 1)).source, STAFF)
    assert.deepEqual(await diffVersions(context, { from: 1, to: 3 }), { differences: [], lines: '' })
    assert.equal((await diffVersions(context, { from: 1, to: 2 })).differences?.length, 2)
    await refusedAs('nothing_there', diffVersions(context, { from: 1, to: 9 }))
    await refusedAs('bad_request', listVersions(context, { after: 'x', limit: 3 }))
  })
})
