import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { unlockUser, clearAttempts } from '../../src/administration/attempts.ts'
import { powersOf, powersOfDoer, reaches } from '../../src/administration/authority.ts'
import { resetFactors } from '../../src/administration/factors.ts'
import { grantRole, listGrants, revokeGrant } from '../../src/administration/grants.ts'
import { invite, resetLink, revokeInvitation } from '../../src/administration/links.ts'
import { applyPolicy, rollBack } from '../../src/administration/policy.ts'
import { endSession, endSessionsOf, listSessions } from '../../src/administration/sessions.ts'
import { revokeToken } from '../../src/administration/tokens.ts'
import * as users from '../../src/administration/users.ts'
import { OWN_PERMISSIONS } from '../../src/lib/permissions.ts'
import { compilePolicy } from '../../src/policies/compile.ts'
import { WHOLE_SCOPE } from '../../src/policies/token-scope.ts'
import { findLink } from '../../src/recovery/user-links.ts'
import { openStaff, refusedAs, STAFF } from './place.ts'

const SOON = (): Date => new Date(Date.now() + 3_600_000)

suite('who may do what to whom', () => {
  test('ADM-ESC-01: nobody acts on who holds more of Postern than himself', async (t) => {
    const { context, doer, token } = await openStaff(t)
    const helga = await doer('helga')
    const ada = { login: 'ada' }
    await token('ada')
    const [session] = (await listSessions(context, { login: 'ada', limit: 1 })).items
    const made = await context.database.transaction(async (tx) =>
      context.apiTokens.create(tx, {
        userId: (await doer('ada')).userId,
        name: 'x',
        scope: WHOLE_SCOPE,
        lifeMs: 60_000,
      }),
    )
    const grant = await grantRole(context, null, { ...ada, role: 'team', until: SOON(), reason: 'test' })
    const attempts: Readonly<Record<string, () => Promise<unknown>>> = {
      edit: () => users.editUser(context, helga, { ...ada, name: 'Eve' }),
      address: () => users.editUser(context, helga, { ...ada, email: 'eve@example.com' }),
      password: () => users.setPassword(context, helga, { ...ada, password: 'a long one that nobody has' }),
      demand: () => users.demandPasswordChange(context, helga, ada),
      disable: () => users.disableUser(context, helga, ada),
      enable: () => users.enableUser(context, helga, ada),
      delete: () => users.deleteUser(context, helga, { ...ada, evenLast: true }),
      roles: () => users.setRoles(context, helga, { ...ada, add: ['team'] }),
      factors: () => resetFactors(context, helga, ada),
      link: () => resetLink(context, helga, ada),
      session: () => endSession(context, helga, { id: session?.id ?? '' }),
      sessions: () => endSessionsOf(context, helga, ada),
      token: () => revokeToken(context, helga, { id: made.kind === 'created' ? made.id : '' }),
      grant: () => grantRole(context, helga, { ...ada, role: 'team', until: SOON(), reason: 'test' }),
      revoke: () => revokeGrant(context, helga, { id: grant.id }),
      unlock: () => unlockUser(context, helga, ada),
      all: () => clearAttempts(context, helga, {}),
    }
    for (const [name, attempt] of Object.entries(attempts)) await refusedAs('holds_more', attempt(), name)
    const { name, email, version } = await users.getUser(context, 'ada')
    assert.deepEqual([name, email], ['ada', 'ada@example.com'])
    assert.equal(version, grant && (await users.getUser(context, 'ada')).version)
    assert.equal((await listSessions(context, { login: 'ada', limit: 9 })).items.length, 1)
    assert.equal((await context.apiTokens.list('ada', 9)).length, 1)
    assert.equal((await listGrants(context, { holds: true, limit: 9 })).items.length, 1)
  })

  test('ADM-ESC-02: nobody gives or takes what he does not hold himself', async (t) => {
    const { context, doer } = await openStaff(t)
    const helga = await doer('helga')
    for (const role of ['postern-admin', 'editor', 'auditor']) {
      const account = { login: 'new', email: 'new@example.com', roles: [role] }
      await refusedAs('not_yours_to_give', users.createUser(context, helga, account), role)
      await refusedAs('not_yours_to_give', users.setRoles(context, helga, { login: 'una', add: [role] }), role)
      await refusedAs('not_yours_to_give', users.setRoles(context, helga, { login: 'helga', add: [role] }), role)
      await refusedAs('not_yours_to_give', invite(context, helga, { email: 'n@example.com', roles: [role] }), role)
      const grant = { login: 'una', role, until: SOON(), reason: 'test' }
      await refusedAs('not_yours_to_give', grantRole(context, helga, grant), role)
    }
    const invited = await invite(context, null, { email: 'n@example.com', roles: ['editor'] })
    await refusedAs('not_yours_to_give', revokeInvitation(context, helga, invited))
    assert.deepEqual((await users.getUser(context, 'una')).held_roles, [])
    assert.deepEqual((await users.setRoles(context, helga, { login: 'una', add: ['helpdesk', 'team'] })).roles, [
      'helpdesk',
      'team',
    ])
  })

  test('ADM-ESC-03: a token can give and touch no more than its scope names, whoever owns it', async (t) => {
    const { context, doer } = await openStaff(t)
    const scope = { ...WHOLE_SCOPE, api: ['postern.users:write'] }
    const byToken = { ...(await doer('ada')), via: { kind: 'api_token', scope } as const }
    await refusedAs('holds_more', users.editUser(context, byToken, { login: 'helga', name: 'Eve' }))
    await refusedAs('not_yours_to_give', users.setRoles(context, byToken, { login: 'una', add: ['postern-admin'] }))
    assert.equal((await users.editUser(context, byToken, { login: 'una', name: 'Una' })).name, 'Una')
  })

  test('ADM-ESC-04: roles that were taken since the request came count no more', async (t) => {
    const { context, doer } = await openStaff(t)
    const ed = { ...(await doer('ed')), roles: ['postern-admin'] }
    await refusedAs('holds_more', users.editUser(context, ed, { login: 'ada', name: 'Eve' }))
    const ada = await doer('ada')
    await users.disableUser(context, null, { login: 'ada', evenLast: true })
    await refusedAs('holds_more', users.editUser(context, ada, { login: 'helga', name: 'Eve' }))
  })

  test('ADM-ESC-05: a policy changes of Postern what its author may do himself', async (t) => {
    const { context, doer } = await openStaff(t)
    const ed = await doer('ed')
    const more = STAFF.replace('team: []', "team: ['postern.users:write']")
    const less = STAFF.replace("auditor: ['postern.audit:read']", 'auditor: []')
    for (const source of [more, less])
      await refusedAs('not_yours_to_give', applyPolicy(context, ed, { source, reason: 'test' }))
    const own = STAFF.replace('team: []', "team: ['postern.policy:read']")
    assert.deepEqual(await applyPolicy(context, ed, { source: own, reason: 'test' }), { kind: 'applied', version: 2 })
    assert.equal((await applyPolicy(context, await doer('ada'), { source: more, reason: 'test' })).kind, 'applied')
    await refusedAs('not_yours_to_give', rollBack(context, ed, { version: 1, reason: 'test' }))
    assert.equal(context.policies.version, 3)
  })

  test('ADM-ESC-06: the last administrator stays, and a grant makes none', async (t) => {
    const { context, doer } = await openStaff(t)
    const ada = await doer('ada')
    await grantRole(context, ada, { login: 'una', role: 'postern-admin', until: SOON(), reason: 'test' })
    const last = { login: 'ada', evenLast: true }
    await refusedAs('last_administrator', users.disableUser(context, ada, last))
    await refusedAs('last_administrator', users.deleteUser(context, await doer('una'), last))
    await refusedAs('last_administrator', users.setRoles(context, ada, { ...last, remove: ['postern-admin'] }))
    await users.setRoles(context, ada, { login: 'uwe', add: ['postern-admin'] })
    assert.deepEqual(await users.disableUser(context, await doer('uwe'), { login: 'ada' }), { ended: 0 })
  })

  test('ADM-ESC-07: who lifts the stops of a network leaves those of who holds more', async (t) => {
    const { context, doer } = await openStaff(t)
    const [helga, ada, una] = [await doer('helga'), await doer('ada'), await doer('una')]
    const from = { address: '192.0.2.1', deviceHash: null, factor: 'password' } as const
    for (const { login, userId } of [ada, una]) await context.attempts.reserve({ ...from, name: login, userId })
    for (const network of ['192.0.2.1', '0.0.0.0/0']) await clearAttempts(context, helga, { network })
    const left = async () => (await context.attempts.list({ network: '192.0.2.1' }, 9)).map(({ userId }) => userId)
    assert.deepEqual(await left(), [ada.userId])
    await clearAttempts(context, ada, { network: '192.0.2.1' })
    assert.deepEqual(await left(), [])
  })

  test('ADM-ESC-08: a reset link of somebody who rises is void, by a role or a grant', async (t) => {
    const { context, database, doer } = await openStaff(t)
    const helga = await doer('helga')
    const counts = async (login: string): Promise<boolean> => {
      const { link } = await resetLink(context, helga, { login })
      const token = link.split('/').at(-1) ?? ''
      await users.setRoles(context, null, { login, add: ['team'] })
      assert.notEqual(
        await findLink(database, context.recovery.keys, 'reset', token),
        null,
        'holds no more than before',
      )
      if (login === 'una') await users.setRoles(context, null, { login, add: ['auditor'] })
      else await grantRole(context, null, { login, role: 'postern-admin', until: SOON(), reason: 'test' })
      return (await findLink(database, context.recovery.keys, 'reset', token)) !== null
    }
    assert.deepEqual([await counts('una'), await counts('uwe')], [false, false])
  })

  test('ADM-ESC-09: by a grant nobody gives what outlives it, to himself or others', async (t) => {
    const { context, doer } = await openStaff(t)
    await grantRole(context, null, { login: 'una', role: 'postern-admin', until: SOON(), reason: 'test' })
    const una = await doer('una')
    const [later, sooner] = [new Date(Date.now() + 7_200_000), new Date(Date.now() + 600_000)]
    const more = STAFF.replace('team: []', "team: ['postern.users:write']")
    const attempts: Readonly<Record<string, () => Promise<unknown>>> = {
      own: () => users.setRoles(context, una, { login: 'una', add: ['postern-admin'] }),
      other: () => users.setRoles(context, una, { login: 'uwe', add: ['auditor'] }),
      new: () => users.createUser(context, una, { login: 'x', email: 'x@example.com', roles: ['editor'] }),
      invited: () => invite(context, una, { email: 'x@example.com', roles: ['editor'] }),
      longer: () => grantRole(context, una, { login: 'una', role: 'postern-admin', until: later, reason: 'test' }),
      policy: () => applyPolicy(context, una, { source: more, reason: 'test' }),
    }
    for (const [name, attempt] of Object.entries(attempts)) await refusedAs('not_yours_to_give', attempt(), name)
    await grantRole(context, una, { login: 'uwe', role: 'auditor', until: sooner, reason: 'test' })
    await users.setRoles(context, una, { login: 'uwe', add: ['team'] })
    await users.setRoles(context, una, { login: 'ed', remove: ['editor'] })
  })

  test('an account for emergencies is changed at a shell alone', async (t) => {
    const { context, database, doer } = await openStaff(t)
    const { sealBreakGlass } = await import('../../src/users/demands.ts')
    await sealBreakGlass(database, (await doer('uwe')).userId)
    const ada = await doer('ada')
    const password = 'a long one that nobody has'
    await refusedAs('forbidden', users.setPassword(context, ada, { login: 'uwe', password }))
    await refusedAs('forbidden', users.editUser(context, ada, { login: 'uwe', email: 'x@example.com' }))
    await refusedAs('forbidden', resetLink(context, ada, { login: 'uwe' }))
    assert.deepEqual(await users.setPassword(context, null, { login: 'uwe', password }), { ended: 0 })
  })

  test('property: who reaches somebody holds all that he holds, and administrators are reached by their like alone', () => {
    const permissions = Object.keys(OWN_PERMISSIONS)
    const roles = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.subarray([...permissions, 'wiki:read']))
    const held = fc.subarray(['a', 'b', 'c', 'postern-admin', 'unknown'])
    fc.assert(
      fc.property(roles, held, held, (given, mine, his) => {
        const policy = compilePolicy({ roles: new Map(Object.entries(given)), apps: [], tests: [] })
        const doer = { userId: '', login: '', roles: mine }
        const [me, him] = [powersOfDoer(policy, doer), powersOf(policy, his)]
        assert.equal(
          reaches(policy, doer, his),
          [...him].every((power) => me.has(power)),
        )
        if (his.includes('postern-admin')) assert.equal(reaches(policy, doer, his), mine.includes('postern-admin'))
        assert.ok(reaches(policy, null, his))
        assert.ok(![...him].includes('wiki:read'))
      }),
    )
  })
})
