import { openKeys } from '../../src/credentials/keys.ts'
import type { KeyRing } from '../../src/lib/key-ring.ts'
import { createLastSeen } from '../../src/sessions/last-seen.ts'
import { watchOutage } from '../../src/sessions/outage.ts'
import type { Known } from '../../src/sessions/principal-cache.ts'
import { createPrincipalReader } from '../../src/sessions/principal-reader.ts'
import type { PrincipalReader, Read } from '../../src/sessions/principal-reader.ts'
import { createRedisPrincipals } from '../../src/sessions/redis-principals.ts'
import { createSessions } from '../../src/sessions/sessions.ts'
import type { Sessions } from '../../src/sessions/sessions.ts'
import { openChangeFeed } from '../../src/store/change-feed.ts'
import type { ChangeFeed } from '../../src/store/change-feed.ts'
import { readDatabaseIdentity } from '../../src/store/database-identity.ts'
import type { Database } from '../../src/store/database.ts'
import type { KeyValue } from '../../src/store/key-value.ts'
import { createUser, findCredentials } from '../../src/users/users.ts'
import { key, ringOf } from '../lib/rings.ts'

/** What one process has of sign-ins, over a database and a second tier that it shares with others. */
export interface Member {
  readonly reader: PrincipalReader
  readonly sessions: Sessions
  readonly feed: ChangeFeed
  /** As `reader.find` with a promise; what memory knew comes with the tier `l1`. */
  ask(token: string): Promise<Read | { principal: unknown; tier: 'l1' }>
}

const now = (): number => performance.now()

export async function openMember(database: Database, keyValue: KeyValue): Promise<Member> {
  const { token: keys } = await openKeys(database, ['a secret of thirty-two bytes or more'])
  const databaseIdentity = await readDatabaseIdentity(database)
  const listener = {
    onNamed: (name: string, isVoid: (snapshot: string) => boolean) => reader.dropNamed(name, isVoid),
    onPolicy: () => undefined,
    onGap: () => reader.dropAll(),
  }
  const feed = await openChangeFeed(database, listener, now)
  const reader = createPrincipalReader({
    database,
    keys,
    feed,
    outage: watchOutage(feed, 60_000, now),
    shared: createRedisPrincipals({ keyValue, keys, databaseIdentity, server: () => feed.server, now }),
    maxEntries: 1_000,
    onUse: () => undefined,
    now,
  })
  const lastSeen = createLastSeen(database, now)
  const lives = { idleTimeoutMs: 3_600_000, absoluteTimeoutMs: 7_200_000, rememberMs: 0 }
  const sessions = createSessions({ database, keys, feed, reader, lastSeen, ...lives })
  return {
    reader,
    sessions,
    feed,
    async ask(token) {
      const found = await reader.find(token, null)
      return found !== null && 'tier' in found ? found : { principal: found, tier: 'l1' }
    },
  }
}

/** Tokens of as many sign-ins of one user, who is made where there is none. */
export async function signIn(database: Database, { sessions }: Member, count = 1): Promise<string[]> {
  const alice = { login: 'alice', email: 'alice@example.com', name: 'Alice', roles: [], password: null }
  if ((await findCredentials(database, 'alice')) === null) await database.transaction((tx) => createUser(tx, alice))
  const person = await findCredentials(database, 'alice')
  if (person === null) throw new Error('there is no alice')
  const about = { userId: person.id, sessionEpoch: person.session_epoch, address: null, userAgent: '' }
  const start = async (): Promise<string> => {
    const session = await database.transaction((tx) => sessions.start(tx, { ...about, factors: { password: 1 } }))
    if (session === null) throw new Error('alice may not sign in')
    return session.token
  }
  return Promise.all(Array.from({ length: count }, start))
}

/** Keys as `auth.keys` gives them, the last one minting. */
export function keyRing(...ids: readonly number[]): KeyRing {
  const [minting, ...others] = ids.map(key).toReversed()
  if (minting === undefined) throw new Error('a ring without keys')
  return ringOf(minting, ...others)
}

/** A principal as the database gives it. */
export const KNOWN: Known = {
  principal: {
    userId: '11111111-2222-4333-8444-555555555555',
    signInId: '66666666-7777-4888-9999-000000000000',
    login: 'alice',
    email: 'alice@example.com',
    name: 'Alice Ä.',
    roles: ['staff', 'user'],
    factors: { password: 1_700_000_000_000, totp: 1_700_000_000_001 },
    absoluteExpiresAt: 4_000_000_000_000,
  },
  host: 'app.example.com',
  snapshot: '700:702:700,701',
  readAt: 1,
}
