import type { Decided } from '../../src/audit/decisions.ts'
import { readHost } from '../../src/lib/host.ts'
import type { OriginalRequest } from '../../src/lib/original-request.ts'
import type { Principal } from '../../src/lib/principal.ts'
import { readTarget } from '../../src/lib/target.ts'

/** A request as a dialect reads it. */
export function original({ target = '/admin/x?secret=1', address = '203.0.113.7' } = {}): OriginalRequest {
  const [host, read] = [readHost('wiki.example.com:8443'), readTarget(target)]
  if (host === null || typeof read === 'string') throw new Error(`refused by the reader: ${target}`)
  const known = {
    method: 'GET',
    scheme: 'https',
    navigation: true,
    appName: 'wiki',
    aliases: [],
    overrides: [],
  } as const
  return { ...known, host, target: read, clientAddress: address }
}

export const ALICE: Principal = {
  userId: '00000000-0000-4000-8000-00000000a11c',
  signInId: '00000000-0000-4000-8000-000000000001',
  login: 'alice',
  email: 'alice@example.com',
  name: 'Alice',
  roles: ['staff', 'editor'],
  factors: { password: Date.now() - 60_000 },
  absoluteExpiresAt: 0,
}

const about = { app: { name: 'wiki' }, rule: { number: 3 }, principal: ALICE }
export const FORBID: Decided = { kind: 'forbid', reason: 'missing_role', ...about }
export const ALLOW: Decided = { kind: 'allow', ...about }
export const SIGN_IN: Decided = { kind: 'sign_in', reason: 'nobody', ...about, principal: null }

/** The id of a decision from a number. */
export function idOf(number: number): string {
  return number.toString(16).padStart(12, '0')
}
