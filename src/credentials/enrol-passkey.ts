import { randomUUID } from 'node:crypto'
import type { Queryable } from '../store/database.ts'
import type { PasskeyOptions } from './factors.ts'
import {
  CHALLENGE_MS,
  consumeChallenge,
  descriptorsOf,
  newChallenge,
  publicKeyPlace,
  userHandleOf,
} from './webauthn.ts'
import type { PasskeyParts } from './webauthn.ts'
import { readAttestation } from './webauthn-answer.ts'
import { ALGORITHMS, verifyAttestation } from './webauthn-verify.ts'
import { INSERT_CREDENTIAL } from './webauthn-table.ts'

/** What `navigator.credentials.create` is given as `publicKey`, in the JSON form of WebAuthn level 3. */
export interface NewPasskeyOptions {
  readonly challenge: string
  readonly rp: { readonly id: string; readonly name: string }
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string }
  readonly pubKeyCredParams: readonly { readonly type: 'public-key'; readonly alg: number }[]
  readonly timeout: number
  readonly excludeCredentials: PasskeyOptions['allowCredentials']
  readonly authenticatorSelection: { readonly residentKey: 'preferred'; readonly userVerification: 'preferred' }
  readonly attestation: 'none'
}

export interface PasskeyOwner {
  readonly userId: string
  readonly login: string
  readonly name: string
}

/** `known`: the same passkey is somebody's already. `refused`: anything else that isn't a right answer. */
export type Enrolled = 'added' | 'known' | 'refused'

/** Begins a new passkey: a challenge of two minutes for one answer that comes with the same binding. */
export async function beginPasskey(
  tx: Queryable,
  { relyingParty: { id, origin } }: PasskeyParts,
  { owner: { userId, login, name }, binding }: { owner: PasskeyOwner; binding: string },
): Promise<NewPasskeyOptions> {
  return {
    challenge: await newChallenge(tx, { purpose: 'webauthn_create', binding, userId }),
    rp: { id, name: new URL(origin).host },
    user: { id: userHandleOf(userId), name: login, displayName: name === '' ? login : name },
    pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
    timeout: CHALLENGE_MS,
    excludeCredentials: await descriptorsOf(tx, userId),
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
    attestation: 'none',
  }
}

/** Adds the passkey that a browser made for a challenge of this binding and user. */
export async function addPasskey(
  tx: Queryable,
  { relyingParty, sealing }: PasskeyParts,
  given: { userId: string; binding: string; name: string; response: unknown },
): Promise<Enrolled> {
  const { userId, binding, name } = given
  const response = readAttestation(given.response)
  if (response === null) return 'refused'
  const of = { purpose: 'webauthn_create', binding, userId } as const
  if (!(await consumeChallenge(tx, response.challenge, of))) return 'refused'
  const made = await verifyAttestation(relyingParty, response)
  if (made === null) return 'refused'
  const id = randomUUID()
  const sealed = sealing.seal(publicKeyPlace(id, userId), made.publicKey)
  const { signCount, backupEligible, backedUp, userVerified } = made
  const flags = [backupEligible, backedUp, userVerified] as const
  const about = [id, userId, name, response.credentialId, sealed, signCount, response.transports, ...flags] as const
  return (await tx.query(INSERT_CREDENTIAL, ...about)).length > 0 ? 'added' : 'known'
}
