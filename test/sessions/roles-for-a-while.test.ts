import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { grantRole, revokeGrant } from '../../src/administration/grants.ts'
import { PosternError } from '../../src/errors.ts'
import { mintToken } from '../../src/lib/tokens.ts'
import type { Principal } from '../../src/lib/principal.ts'
import { createPrincipalReader } from '../../src/sessions/principal-reader.ts'
import type { PrincipalRow } from '../../src/sessions/sessions-table.ts'
import { NO_SHARED_PRINCIPALS } from '../../src/sessions/shared-principals.ts'
import type { Queryable } from '../../src/store/database.ts'
import type { KeyValue } from '../../src/store/key-value.ts'
import { openTestApp } from '../support/app.ts'
import { keys } from './fixture.ts'
import { openMember } from './shared-tier.ts'

/** Long enough for every member to have it in memory; nothing is asserted of how long anything takes. */
const GRANTED_MS = 1_200

suite('roles for a while', { timeout: 60_000 }, () => {
  test('GRANT-01: three processes know a role from memory, and none of them for a moment too long', async (t) => {
    const { context, database, addUser, token: signIn } = await openTestApp(t)
    await addUser('una', { roles: ['user'], password: null })
    const token = await signIn('una')
    const shared = sharedMemory()
    const members = [
      await openMember(database, shared),
      await openMember(database, shared),
      await openMember(database, shared),
    ]
    for (const member of members) assert.deepEqual(rolesIn((await member.ask(token)).principal), ['user'])
    assert.ok(shared.sets > 0, 'what does not end is shared')
    const until = new Date(Date.now() + GRANTED_MS)
    await grantRole(context, null, { login: 'una', role: 'admin', until, reason: 'test' })
    for (const member of members) await member.feed.read()
    shared.sets = 0
    const yes = { l1: 0, l2: 0, l3: 0 }
    for (const open = new Set(members); open.size > 0;) {
      for (const member of open) {
        await member.feed.read()
        const askedAt = Date.now()
        const { principal, tier } = await member.ask(token)
        const isHeld = rolesIn(principal).includes('admin')
        if (isHeld) yes[tier]++
        if (open.size === members.length && isHeld)
          assert.equal(shared.sets, 0, 'what ends at a moment is not handed on')
        if (isHeld && tier === 'l1') assert.ok(askedAt < until.getTime(), 'memory said yes too late')
        if (!isHeld) open.delete(member)
        if (!isHeld) assert.deepEqual(rolesIn(principal), ['user'])
      }
    }
    assert.ok(Date.now() >= until.getTime(), 'no member lost it before its time')
    assert.ok(yes.l1 > 3 && yes.l3 >= 3 && yes.l2 === 0, JSON.stringify(yes))
  })

  test('GRANT-02: a grant that is revoked counts nowhere any more, for tokens of machines neither', async (t) => {
    const { context, addUser, token: signIn } = await openTestApp(t)
    await addUser('una', { password: null })
    const token = await signIn('una')
    const userId = (await context.sessions.whoHas(token, null))?.userId ?? ''
    const scope = { apps: null, hosts: null, paths: null, methods: null, networks: null, api: null }
    const made = await context.database.transaction((tx) =>
      context.apiTokens.create(tx, { userId, name: 'x', scope, lifeMs: 60_000 }),
    )
    const machine = made.kind === 'created' ? made.token : ''
    const held = async (): Promise<string[][]> => {
      const found = await context.apiTokens.find(machine)
      const owner = found !== null && 'tier' in found ? found.principal : found
      return [rolesIn(await context.sessions.whoHas(token, null)), rolesIn(owner)]
    }
    assert.deepEqual(await held(), [[], []])
    const until = new Date(Date.now() + 3_600_000)
    const grant = await grantRole(context, null, { login: 'una', role: 'admin', until, reason: 'test' })
    assert.deepEqual(await held(), [['admin'], ['admin']])
    await revokeGrant(context, null, { id: grant.id })
    assert.deepEqual(await held(), [[], []])
  })

  test('GRANT-03 property: whatever ends when, and however slow the database is, no answer has what is over', async () => {
    const ends = fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 5 })
    const visits = fc.array(fc.record({ pause: fc.nat(60), there: fc.nat(20), back: fc.nat(20) }), { maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(ends, visits, async (grants, asked) => {
        const place = simulate(grants)
        for (const { pause, ...latency } of asked) {
          place.clock.now += pause
          Object.assign(place.latency, latency)
          const before = place.clock.now
          const roles = await place.ask()
          if (roles === 'unavailable') continue
          const over = roles.filter((role) => Number(role) <= place.clock.now)
          assert.deepEqual(over, [], `at ${place.clock.now}`)
          const lost = grants.filter((end) => end > place.clock.now && !roles.includes(String(end)))
          assert.deepEqual(lost, [], `asked at ${before}`)
        }
      }),
      { numRuns: 300 },
    )
  })
})

function rolesIn(principal: unknown): string[] {
  return [...((principal as Principal | null)?.roles ?? [])]
}

/** A reader over a database that is nothing but grants, named by when they end, and a clock. */
function simulate(ends: readonly number[]) {
  const clock = { now: 0 }
  const latency = { there: 0, back: 0 }
  const database: Queryable = {
    async query() {
      clock.now += latency.there
      const left = ends.filter((end) => end > clock.now)
      const rowNow = {
        ...ROW,
        roles: left.map(String),
        roles_left_ms: left.length === 0 ? null : Math.min(...left) - clock.now,
      }
      clock.now += latency.back
      return [rowNow] as never
    },
  }
  const outage = { mayUseMemory: () => true, unreachable: false, isDegraded: false, graceLeft: () => 0 }
  const feed = { isFresh: () => true, isVoid: () => false }
  const parts = { database, keys, feed, outage, shared: NO_SHARED_PRINCIPALS, maxEntries: 10 }
  const reader = createPrincipalReader({ ...parts, onUse: () => undefined, now: () => clock.now })
  const token = mintToken(keys, 'portal')
  const ask = async (): Promise<readonly string[] | 'unavailable'> => {
    try {
      const found = await reader.find(token, null)
      return rolesIn(found !== null && 'tier' in found ? found.principal : found)
    } catch (error) {
      if (error instanceof PosternError && error.code === 'store_unavailable') return 'unavailable'
      throw error
    }
  }
  return { clock, latency, ask }
}

const ROW: PrincipalRow = {
  session_id: '66666666-7777-4888-9999-000000000000',
  user_id: '11111111-2222-4333-8444-555555555555',
  login: 'una',
  email: 'una@example.com',
  name: 'Una',
  roles: [],
  roles_left_ms: null,
  factors: { password: 1 },
  host: null,
  expires_at: new Date(4_000_000_000_000),
  snapshot: '700:702:',
}

/** What processes share, in this one; counts what is put there. */
function sharedMemory(): KeyValue & { sets: number } {
  const kept = new Map<string, Buffer>()
  const shared = {
    sets: 0,
    get: async (key: string) => kept.get(key) ?? null,
    async set(key: string, value: Buffer) {
      shared.sets++
      kept.set(key, value)
    },
    delete: async (key: string) => void kept.delete(key),
    run: async () => null,
    ping: async () => undefined,
    trouble: null,
    close: async () => undefined,
  }
  return shared
}
