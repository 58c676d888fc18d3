import { createPublicKey, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { ed25519PrivateKey } from '../lib/ed25519.ts'
import type { Key, KeyRing } from '../lib/key-ring.ts'

/** Signs what the audit log's chain holds. */
export interface ChainSigner {
  /** Changes with the key that mints: what says it beside a signature reads it in the turn in which it is signed. */
  readonly keyId: number
  sign(message: string): Buffer
}

/** A public key of the chain, as it travels and is printed. */
export interface ChainKey {
  readonly id: number
  readonly pem: string
  /** False for one that only old signatures are of. */
  readonly isUsed: boolean
}

/** How a signature stands; `unknown` is of a key that this database doesn't have. */
export type SignatureState = 'right' | 'wrong' | 'unknown'

export type CheckSignature = (keyId: number, message: string, signature: Uint8Array) => SignatureState

/** Ed25519 under the key that mints when it signs. */
export function createChainSigner(keys: KeyRing): ChainSigner {
  const privateKeys = new WeakMap<Key, KeyObject>()
  return {
    get keyId() {
      return keys.minting.id
    },
    sign(message) {
      const privateKey = privateKeys.get(keys.minting) ?? ed25519PrivateKey(keys.minting.bytes)
      privateKeys.set(keys.minting, privateKey)
      return sign(null, Buffer.from(message), privateKey)
    },
  }
}

export function publicKeysOf({ minting, byId }: KeyRing): ChainKey[] {
  return [...byId.values()].map(({ id, bytes }) => ({
    id,
    pem: createPublicKey(ed25519PrivateKey(bytes)).export({ format: 'pem', type: 'spki' }).toString(),
    isUsed: id === minting.id,
  }))
}

export function createSignatureCheck(keys: readonly ChainKey[]): CheckSignature {
  const byId = new Map<number, KeyObject>(keys.map(({ id, pem }) => [id, createPublicKey(pem)]))
  return (keyId, message, signature) => {
    const key = byId.get(keyId)
    if (key === undefined) return 'unknown'
    return verify(null, Buffer.from(message), key, signature) ? 'right' : 'wrong'
  }
}
