import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import type { PasskeyResponse } from './webauthn-answer.ts'

/** For whom passkeys are made; from the configured URL alone, never from a request. */
export interface RelyingParty {
  readonly id: string
  readonly origin: string
}

export interface VerifiedAssertion {
  readonly signCount: number
  readonly userVerified: boolean
  readonly backupEligible: boolean
  readonly backedUp: boolean
}

export interface VerifiedAttestation extends VerifiedAssertion {
  readonly publicKey: Uint8Array
}

/** COSE numbers of Ed25519, ES256 and RS256, in the order that we would have them. */
export const ALGORITHMS = [-8, -7, -257] as const

/** @returns null unless the library says in so many words that it is verified */
export async function verifyAttestation(
  { id: expectedRPID, origin: expectedOrigin }: RelyingParty,
  response: PasskeyResponse,
): Promise<VerifiedAttestation | null> {
  const attestationObject = await withoutAttestation(response.parts['attestationObject']).catch(() => null)
  if (attestationObject === null) return null
  const { verifyRegistrationResponse } = await import('@simplewebauthn/server')
  const bare = { ...response, parts: { ...response.parts, attestationObject } }
  const result = await verifyRegistrationResponse({
    response: jsonOf(bare) as unknown as RegistrationResponseJSON,
    expectedChallenge: response.challenge,
    expectedOrigin,
    expectedRPID,
    requireUserVerification: false,
    supportedAlgorithmIDs: [...ALGORITHMS],
  }).catch(() => null)
  if (result?.verified !== true) return null
  const { credential, userVerified, credentialDeviceType, credentialBackedUp: backedUp } = result.registrationInfo
  if (credential.id !== response.id) return null
  const backupEligible = credentialDeviceType === 'multiDevice'
  return { publicKey: credential.publicKey, signCount: credential.counter, userVerified, backupEligible, backedUp }
}

/**
 * Checks everything but the sign count, which only the database can compare once.
 * @returns null unless the library says in so many words that it is verified
 */
export async function verifyAssertion(
  { id: expectedRPID, origin: expectedOrigin }: RelyingParty,
  response: PasskeyResponse,
  { publicKey, requireUserVerification }: { publicKey: Buffer; requireUserVerification: boolean },
): Promise<VerifiedAssertion | null> {
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server')
  const result = await verifyAuthenticationResponse({
    response: jsonOf(response) as unknown as AuthenticationResponseJSON,
    expectedChallenge: response.challenge,
    expectedOrigin,
    expectedRPID,
    credential: { id: response.id, publicKey: Uint8Array.from(publicKey), counter: 0 },
    requireUserVerification,
  }).catch(() => null)
  if (result?.verified !== true || !(await isOneSpelling(response.parts['signature'], publicKey))) return null
  const { newCounter, userVerified, credentialDeviceType, credentialBackedUp: backedUp } = result.authenticationInfo
  return { signCount: newCounter, userVerified, backupEligible: credentialDeviceType === 'multiDevice', backedUp }
}

/**
 * What an authenticator tells of its make is asked for nowhere, and must not reach the library: that fetches whatever
 * address the certificates in it name. Null for anything but the three parts of WebAuthn level 3, 6.5.4.
 */
async function withoutAttestation(given: string | undefined): Promise<string | null> {
  const { decodeAttestationObject, isoCBOR } = await import('@simplewebauthn/server/helpers')
  const decoded: unknown = decodeAttestationObject(Uint8Array.from(Buffer.from(given ?? '', 'base64url')))
  if (!(decoded instanceof Map) || decoded.size !== 3) return null
  const parts: ReadonlyMap<unknown, unknown> = decoded
  const authData = parts.get('authData')
  if (typeof parts.get('fmt') !== 'string' || !(parts.get('attStmt') instanceof Map)) return null
  if (!(authData instanceof Uint8Array)) return null
  const bare = new Map<string | number, string | Uint8Array | Map<string | number, string>>()
  bare.set('fmt', 'none').set('attStmt', new Map()).set('authData', authData)
  return Buffer.from(isoCBOR.encode(bare)).toString('base64url')
}

/** The library reads ECDSA signatures with bytes after their end; ours are exactly two integers (RFC 3279, 2.2.3). */
async function isOneSpelling(signature: string | undefined, publicKey: Buffer): Promise<boolean> {
  const { cose, decodeCredentialPublicKey } = await import('@simplewebauthn/server/helpers')
  const key = decodeCredentialPublicKey(Uint8Array.from(publicKey))
  return !cose.isCOSEPublicKeyEC2(key) || isTwoIntegers(Buffer.from(signature ?? '', 'base64url'))
}

function isTwoIntegers(der: Buffer): boolean {
  const first = der[3] ?? 0
  const second = der[5 + first] ?? 0
  const end = 6 + first + second
  return der[0] === 0x30 && der[1] === end - 2 && der[2] === 0x02 && der[4 + first] === 0x02 && der.length === end
}

function jsonOf({ id, parts, transports }: PasskeyResponse): object {
  return { id, rawId: id, type: 'public-key', response: { ...parts, transports }, clientExtensionResults: {} }
}
