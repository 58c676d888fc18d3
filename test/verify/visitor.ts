import { createKey } from '../../src/lib/key-ring.ts'
import type { KeyRing } from '../../src/lib/key-ring.ts'
import type { Principal } from '../../src/lib/principal.ts'
import type { App, Rule } from '../../src/policies/decision.ts'
import type { AppIdentity } from '../../src/policies/policy.ts'

/** Roles of a policy with the permissions of each. */
export const ROLES: ReadonlyMap<string, readonly string[]> = new Map([
  ['staff', ['wiki:read']],
  ['writer', ['wiki:read', 'wiki:write']],
])

export const RULE: Rule = {
  number: 3,
  source: {
    line: 9,
    paths: ['/**'],
    methods: null,
    networks: null,
    query: null,
    monitor: false,
    identify: false,
    action: { kind: 'anyone' },
  },
}

/** Alice of role staff, who gave her password, but for what is given. */
export function visitor(facts: Partial<Principal> = {}): Principal {
  return {
    userId: '00000000-0000-4000-8000-00000000a11c',
    signInId: '00000000-0000-4000-8000-000000000001',
    login: 'alice',
    email: 'alice@example.com',
    name: 'Alice',
    roles: ['staff'],
    factors: { password: 0 },
    absoluteExpiresAt: 0,
    ...facts,
  }
}

/** The app `wiki`, which is told nothing beyond the usual but for what is given. */
export function appWith(identity: Partial<AppIdentity> = {}): App {
  const told = { headers: new Map<string, string>(), charset: 'percent-utf8', assertion: false, ...identity } as const
  return {
    name: 'wiki',
    scheme: 'https',
    port: null,
    hosts: ['wiki.example.com'],
    outage: 'grace',
    watches: false,
    identity: told,
    origin: (hostName) => `https://${hostName}`,
  }
}

/** Keys of one purpose, each of one byte repeated; the last one mints. */
export function ringOf(...bytes: readonly number[]): KeyRing {
  const keys = bytes.map((byte, place) => createKey(place + 1, Buffer.alloc(32, byte)))
  const minting = keys.at(-1)
  if (minting === undefined) throw new Error('a ring has at least one key')
  return { minting, byId: new Map(keys.map((key) => [key.id, key])) }
}

/** Names and values in turn as an object; fails on a name that stands there twice. */
export function asObject(headers: readonly string[] | null): Record<string, string> {
  if (headers === null) throw new Error('too large')
  const names = headers.filter((_, place) => place % 2 === 0)
  if (new Set(names.map((name) => name.toLowerCase())).size !== names.length) throw new Error('a doubled name')
  return Object.fromEntries(names.map((name, place) => [name, headers[2 * place + 1] ?? '']))
}
