import { randomBytes } from 'node:crypto'
import { createFactors } from '../../src/credentials/create-factors.ts'
import { createKey } from '../../src/lib/key-ring.ts'
import type { KeyRing } from '../../src/lib/key-ring.ts'
import type { Database, Queryable } from '../../src/store/database.ts'
import { createUser } from '../../src/users/users.ts'
import { totpCode } from '../../src/credentials/totp-code.ts'

export const PUBLIC_URL = new URL('https://auth.example.com')
export const NOW = 1_790_000_000_000
const STEP_MS = 30_000

export type FactorSet = ReturnType<typeof createFactors>

export function sealingKeys(): KeyRing {
  const key = createKey(1, randomBytes(32))
  return { minting: key, byId: new Map([[1, key]]) }
}

export function openFactors(keys: KeyRing = sealingKeys()): FactorSet {
  return createFactors(keys, PUBLIC_URL)
}

/** @returns the new user's id */
export function addOwner(database: Database, login: string): Promise<string> {
  const about = { login, email: `${login}@example.com`, name: login, roles: [], password: null }
  return database.transaction((tx) => createUser(tx, about))
}

/** A device that counts, confirmed by the code of ten steps ago. */
export async function addTotp(database: Queryable, { ownFactors }: FactorSet, userId: string): Promise<Buffer> {
  const key = await ownFactors.beginTotp(database, userId)
  const nowMs = NOW - 10 * STEP_MS
  const isRight = await ownFactors.confirmTotp(database, { userId, name: 'phone', code: codeAt(key, nowMs), nowMs })
  if (!isRight) throw new Error('the first code does not fit')
  return key
}

/** @param steps from the present one */
export function codeAt(key: Buffer, nowMs: number, steps = 0): string {
  return totpCode(key, Math.floor(nowMs / STEP_MS) + steps)
}
