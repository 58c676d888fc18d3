import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { openKeys } from '../../src/credentials/keys.ts'
import { WHOLE_SCOPE } from '../../src/policies/token-scope.ts'
import { API_TOKENS, createApiTokens } from '../../src/sessions/api-tokens.ts'
import type { ApiTokens } from '../../src/sessions/api-tokens.ts'
import { TOUCH_API_TOKENS } from '../../src/sessions/api-tokens-table.ts'
import { createLastSeen } from '../../src/sessions/last-seen.ts'
import { watchOutage } from '../../src/sessions/outage.ts'
import { createPrincipalReader } from '../../src/sessions/principal-reader.ts'
import { createRedisPrincipals } from '../../src/sessions/redis-principals.ts'
import { readEntry } from '../../src/sessions/shared-entry.ts'
import { openChangeFeed } from '../../src/store/change-feed.ts'
import type { ChangeFeed } from '../../src/store/change-feed.ts'
import { readDatabaseIdentity } from '../../src/store/database-identity.ts'
import { openRedis } from '../../src/store/redis.ts'
import type { KeyValue } from '../../src/store/key-value.ts'
import { createUser, disableUser } from '../../src/users/users.ts'
import { openTestDatabase } from '../support/database.ts'
import { startRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'
import { KNOWN } from './shared-tier.ts'
import { watch } from './fixture.ts'
import type { WatchedDatabase } from './fixture.ts'

const SCOPE = { ...WHOLE_SCOPE, apps: ['app'], paths: ['/api/**'] }
const DAY_MS = 86_400_000
const now = (): number => performance.now()

interface Member {
  readonly tokens: ApiTokens
  readonly feed: ChangeFeed
  readonly watched: WatchedDatabase
}

suite('API tokens in several processes', { timeout: 60_000 }, async () => {
  const { database } = await openTestDatabase({ after })
  const redis = await startRedis({ after })
  const keyValue: KeyValue = openRedis({ address: redis.address, sentinelPassword: null, onTrouble: () => {}, now })
  after(() => keyValue.close())
  const { token: keys } = await openKeys(database, ['a secret of thirty-two bytes or more'])
  const databaseIdentity = await readDatabaseIdentity(database)

  async function openMember(): Promise<Member> {
    const watched = watch(database)
    const listener = {
      onNamed: (name: string, isVoid: (snapshot: string) => boolean) => reader.dropNamed(name, isVoid),
      onPolicy: () => undefined,
      onGap: () => reader.dropAll(),
    }
    const feed = await openChangeFeed(database, listener, () => 0)
    const outage = watchOutage(feed, 0, () => 0)
    const shared = createRedisPrincipals({ keyValue, keys, databaseIdentity, server: () => feed.server, now })
    const lastSeen = createLastSeen(database, now, TOUCH_API_TOKENS)
    const onUse = (id: string): void => lastSeen.note(id)
    const parts = { database: watched, keys, feed, outage, shared, maxEntries: 100, onUse, now }
    const reader = createPrincipalReader({ ...parts, kind: API_TOKENS })
    return { tokens: createApiTokens({ database, keys, reader, lastSeen }), feed, watched }
  }

  async function tokenOf(login: string, { tokens }: Member): Promise<{ userId: string; id: string; token: string }> {
    const about = { login, email: `${login}@example.com`, name: login, roles: [], password: null }
    const userId = await database.transaction((tx) => createUser(tx, about))
    const wanted = { userId, name: 'x', scope: SCOPE, lifeMs: DAY_MS }
    const made = await database.transaction((tx) => tokens.create(tx, wanted))
    return made.kind === 'created' ? { userId, ...made } : assert.fail(made.kind)
  }

  const loginOf = async ({ tokens }: Member, token: string): Promise<string | undefined> => {
    const found = await tokens.find(token)
    return found !== null && 'tier' in found ? found.principal?.login : found?.login
  }

  test('what one has read another has from Redis, with its scope, and 32 who ask at once share one read', async () => {
    const [one, other] = [await openMember(), await openMember()]
    const { token } = await tokenOf('alice', one)
    const logins = await Promise.all(Array.from({ length: 32 }, () => loginOf(one, token)))
    assert.deepEqual(new Set(logins), new Set(['alice']))
    assert.equal(one.watched.asked.length, 1)
    await until('it is shared', 2_000, async () => {
      const read = await (await openMember()).tokens.find(token)
      return read !== null && 'tier' in read && read.tier === 'l2'
    })
    const read = await other.tokens.find(token)
    assert.ok(read !== null && 'tier' in read)
    assert.deepEqual(read.principal?.via, { kind: 'api_token', scope: SCOPE })
    assert.deepEqual([read.tier, other.watched.asked.length], ['l2', 0])
    assert.equal(other.tokens.find(token) instanceof Promise, false)
  })

  test('a revoked one, or one of somebody disabled, is nobody’s anywhere once the change was read', async () => {
    const [one, other] = [await openMember(), await openMember()]
    const revoked = await tokenOf('bob', one)
    const disabled = await tokenOf('carol', one)
    for (const member of [one, other])
      for (const { token } of [revoked, disabled]) assert.notEqual(await loginOf(member, token), undefined)
    await one.feed.commit(database, (tx) => one.tokens.revoke(tx, revoked.id, null))
    await one.feed.commit(database, (tx) => disableUser(tx, 'carol'))
    await other.feed.read()
    for (const member of [one, other, await openMember()])
      for (const { token } of [revoked, disabled]) assert.equal(await loginOf(member, token), undefined)
  })

  test('a revocation that commits while it is read wins', async () => {
    const member = await openMember()
    const { id, token } = await tokenOf('dave', member)
    redis.run(['flushall'])
    const held = member.watched.hold()
    const asking = loginOf(member, token)
    await held.reached
    await member.feed.commit(database, (tx) => member.tokens.revoke(tx, id, null))
    held.release()
    assert.equal(await asking, undefined)
  })

  test('what Redis says is taken in exactly the form that is written there', () => {
    const { readAt: _, ...fact } = KNOWN
    const entry = (via: unknown): string =>
      JSON.stringify({ fact: { ...fact, principal: { ...fact.principal, via } }, writtenAt: 1 })
    const scoped = { kind: 'api_token', scope: SCOPE }
    assert.notEqual(readEntry(entry(scoped)), null)
    const odd = [null, {}, { kind: 'basic' }, { kind: 'api_token' }, { ...scoped, more: 1 }, 'api_token', []]
    const scopes = [{}, { ...SCOPE, paths: '/' }, { ...SCOPE, paths: [1] }, { ...SCOPE, more: null }, null]
    for (const via of [...odd, ...scopes.map((scope) => ({ kind: 'api_token', scope }))])
      assert.equal(readEntry(entry(via)), null, JSON.stringify(via))
  })
})
