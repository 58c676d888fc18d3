import { randomBytes } from 'node:crypto'
import { createJwtSigner } from '../lib/jwt.ts'
import type { JwtSigner } from '../lib/jwt.ts'
import type { Key, KeyRing } from '../lib/key-ring.ts'
import type { Factor, Principal } from '../lib/principal.ts'
import { provenFactors } from './header-template.ts'

/** Whom an assertion is for, and what of the visitor only the policy knows. */
export interface AssertionSubject {
  readonly appName: string
  readonly principal: Principal
  /** Those that the policy defines. */
  readonly roles: readonly string[]
  /** Ms since 1970. */
  readonly nowMs: number
}

/** A compact JWT that tells one app who is asking (RFC 7519). */
export type SignAssertion = (subject: AssertionSubject) => string

/** A signature costs 23 µs, telling a known visitor 0.04: so one serves 40 s and is valid for 20 s more. */
export const ASSERTION_REUSE_MS = 40_000

const ASSERTION_LIFE_S = 60

/** Values of RFC 8176; `pop` of the OpenID EAP profile says of a key no more than we know. */
const METHODS: Readonly<Record<Factor, string>> = {
  password: 'pwd',
  totp: 'otp',
  webauthn: 'pop',
  user_verified: 'user',
  recovery: 'otp',
}

/** @param publicUrl the portal's; below it `/.well-known/jwks.json` has the keys */
export function createAssertionSigner(keys: KeyRing, publicUrl: URL): SignAssertion {
  const signers = new WeakMap<Key, JwtSigner>()
  const signerOf = (key: Key): JwtSigner => {
    const signer = signers.get(key) ?? createJwtSigner(key.bytes)
    signers.set(key, signer)
    return signer
  }
  const issuer = publicUrl.href.replace(/\/$/, '')
  return ({ appName, principal, roles, nowMs }) => {
    const iat = Math.floor(nowMs / 1_000)
    return signerOf(keys.minting).sign({
      iss: issuer,
      aud: appName,
      sub: principal.userId,
      login: principal.login,
      email: principal.email,
      name: principal.name,
      roles,
      amr: methodsOf(principal),
      iat,
      exp: iat + ASSERTION_LIFE_S,
      jti: randomBytes(16).toString('base64url'),
    })
  }
}

function methodsOf(principal: Principal): string[] {
  const factors = provenFactors(principal)
  const methods = new Set(factors.map((factor) => METHODS[factor]))
  return factors.length > 1 ? [...methods, 'mfa'] : [...methods]
}
