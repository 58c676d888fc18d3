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
  const { verifyRegistrationResponse } = await import('@simplewebauthn/server')
  const result = await verifyRegistrationResponse({
    response: jsonOf(response) as unknown as RegistrationResponseJSON,
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
