import type { KeyRing } from '../lib/key-ring.ts'
import type { Factors } from './factors.ts'
import { createOwnFactors } from './own-factors.ts'
import type { OwnFactors } from './own-factors.ts'
import { COUNT_FACTORS } from './own-factors-table.ts'
import { proveRecovery } from './recovery-codes.ts'
import { createSealing } from './sealing.ts'
import { proveTotp } from './totp.ts'
import { askPasskey, provePasskey } from './webauthn.ts'
import type { OnCopySuspected } from './webauthn.ts'

const NAMES = ['totp', 'webauthn', 'recovery'] as const

/**
 * The factors beside the password: what the sign-in path asks of them, and what their owners do with them.
 * @param keys those of the purpose `sealing`
 * @param publicUrl what passkeys are made for
 */
export function createFactors(
  keys: KeyRing,
  publicUrl: URL,
  onCopySuspected: OnCopySuspected = async () => {},
): { factors: Factors; ownFactors: OwnFactors } {
  const sealing = createSealing(keys)
  const parts = { sealing, relyingParty: { id: publicUrl.hostname, origin: publicUrl.origin }, onCopySuspected }
  const factors: Factors = {
    async ownedBy(database, userId) {
      const [owned] = await database.query(COUNT_FACTORS, userId)
      const { totp, webauthn, recovery } = owned ?? { totp: 0, webauthn: 0, recovery: 0 }
      const isUsable = { totp: totp > 0, webauthn: webauthn > 0, recovery: totp + webauthn > 0 && recovery > 0 }
      return NAMES.filter((name) => isUsable[name])
    },
    proveTotp: (tx, userId, code, nowMs) => proveTotp(tx, sealing, { userId, code, nowMs }),
    proveRecovery: (tx, userId, code) => proveRecovery(tx, keys, userId, code),
    askPasskey: (tx, ask) => askPasskey(tx, parts, ask),
    provePasskey: (tx, answer) => provePasskey(tx, parts, answer),
  }
  return { factors, ownFactors: createOwnFactors(parts, keys) }
}
