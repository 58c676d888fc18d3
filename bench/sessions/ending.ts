import { randomUUID } from 'node:crypto'
import { createPrincipalCache } from '../../src/sessions/principal-cache.ts'
import type { PrincipalCache } from '../../src/sessions/principal-cache.ts'
import { median } from '../statistics.ts'
import { finding } from './finding.ts'
import type { Finding } from './finding.ts'

const FEW = 1_000
const MANY = 100_000
const EACH = 2
const ENDED = 400
const LIFE_MS = 3_600_000
const US_PER_MS = 1_000
/** A scan would take a hundred times as long; what is left is that more memory fits caches of the processor less. */
const GOAL = 5

/** How long memory takes to drop what one user has, among few and among many others. */
export async function measureEnding(): Promise<Finding[]> {
  // Once before, so that both meet compiled code.
  timeToEnd(FEW)
  const [few, many] = [timeToEnd(FEW), timeToEnd(MANY)]
  return [
    finding('ending the sign-ins of one user, 1,000 in memory', few, 'µs'),
    finding('ending the sign-ins of one user, 100,000 in memory', many, 'µs'),
    finding('the same, 100,000 against 1,000', many / few, 'times', GOAL),
  ]
}

function timeToEnd(entries: number): number {
  const cache = createPrincipalCache({ maxEntries: entries, lifeMs: LIFE_MS })
  const users = Array.from({ length: entries / EACH }, () => randomUUID())
  for (const userId of users) for (let place = 0; place < EACH; place++) remember(cache, userId)
  const step = Math.floor(users.length / ENDED)
  const durations = Array.from({ length: ENDED }, (_, turn) => {
    const startedAt = performance.now()
    cache.dropNamed(users[turn * step] ?? '', () => true)
    return performance.now() - startedAt
  })
  if (cache.size !== entries - ENDED * EACH) throw new Error('memory kept what was ended, or lost what was not')
  return median(durations) * US_PER_MS
}

function remember(cache: PrincipalCache, userId: string): void {
  const about = { login: userId, email: userId, name: userId, roles: ['staff'], factors: { password: 1 } }
  const principal = { userId, signInId: randomUUID(), ...about, absoluteExpiresAt: Number.MAX_SAFE_INTEGER }
  cache.set(randomUUID(), { principal, host: null, snapshot: '1:1:', readAt: 0 })
}
