import { randomBytes } from 'node:crypto'
import { hashToken } from '../lib/tokens.ts'
import type { Queryable } from '../store/database.ts'
import type { PasskeyAnswer, PasskeyAsk, PasskeyOptions } from './factors.ts'
import { CONSUME_ONE_TIME_TOKEN, INSERT_ONE_TIME_TOKEN } from './one-time-tokens-table.ts'
import type { SealedPlace, Sealing } from './sealing.ts'
import { readAssertion } from './webauthn-answer.ts'
import type { PasskeyResponse } from './webauthn-answer.ts'
import { verifyAssertion } from './webauthn-verify.ts'
import type { RelyingParty, VerifiedAssertion } from './webauthn-verify.ts'
import * as table from './webauthn-table.ts'

/** What passkeys are checked with. */
export interface PasskeyParts {
  readonly relyingParty: RelyingParty
  readonly sealing: Sealing
  readonly onCopySuspected: OnCopySuspected
}

/** Told in the transaction of an answer that may come from a copy, which the answer doesn't take back. */
export type OnCopySuspected = (
  tx: Queryable,
  passkey: { readonly userId: string; readonly id: string },
) => Promise<void>

/** Whom a challenge is for; the same answer under another binding, user or purpose finds none. */
interface ChallengeOf {
  readonly purpose: 'webauthn_get' | 'webauthn_create'
  readonly binding: string
  readonly userId: string | null
}

/** Also what browsers are told as the time for an answer. */
export const CHALLENGE_MS = 120_000
const CHALLENGE_BYTES = 32

/** As `Factors.askPasskey`. */
export async function askPasskey(
  tx: Queryable,
  { relyingParty }: PasskeyParts,
  { userId, binding, requireUserVerification = userId === null }: PasskeyAsk,
): Promise<PasskeyOptions> {
  return {
    challenge: await newChallenge(tx, { purpose: 'webauthn_get', binding, userId }),
    rpId: relyingParty.id,
    timeout: CHALLENGE_MS,
    userVerification: requireUserVerification ? 'required' : 'preferred',
    allowCredentials: userId === null ? [] : await descriptorsOf(tx, userId),
  }
}

/** As `Factors.provePasskey`. */
export async function provePasskey(
  tx: Queryable,
  parts: PasskeyParts,
  { binding, userId, response: given, requireUserVerification }: PasskeyAnswer,
): Promise<{ userId: string; userVerified: boolean } | null> {
  const response = readAssertion(given)
  if (response === null) return null
  if (!(await consumeChallenge(tx, response.challenge, { purpose: 'webauthn_get', binding, userId }))) return null
  const [credential] = await tx.query(table.FIND_CREDENTIAL, response.credentialId)
  if (credential === undefined || !isOwner(credential, userId, response)) return null
  const publicKey = parts.sealing.open(publicKeyPlace(credential.id, credential.user_id), credential.sealed_public_key)
  if (publicKey === null) return null
  const verified = await verifyAssertion(parts.relyingParty, response, { publicKey, requireUserVerification })
  if (verified === null) return null
  if (!(await use(tx, credential, verified))) {
    await parts.onCopySuspected(tx, { userId: credential.user_id, id: credential.id })
    return null
  }
  return { userId: credential.user_id, userVerified: verified.userVerified }
}

/** A challenge as base64url; its hash is kept together with whom it is for. */
export async function newChallenge(tx: Queryable, of: ChallengeOf): Promise<string> {
  const challenge = randomBytes(CHALLENGE_BYTES).toString('base64url')
  await tx.query(INSERT_ONE_TIME_TOKEN, challengeHash(challenge, of), of.purpose, '{}', CHALLENGE_MS)
  return challenge
}

/** True once for each challenge, in time and for whom it was made. */
export async function consumeChallenge(tx: Queryable, challenge: string, of: ChallengeOf): Promise<boolean> {
  return (await tx.query(CONSUME_ONE_TIME_TOKEN, challengeHash(challenge, of), of.purpose)).length > 0
}

/** The passkeys that somebody has, as a browser is told of them. */
export async function descriptorsOf(database: Queryable, userId: string): Promise<PasskeyOptions['allowCredentials']> {
  const rows = await database.query(table.LIST_CREDENTIAL_IDS, userId)
  return rows.map(({ credential_id: id, transports }) => ({
    type: 'public-key',
    id: id.toString('base64url'),
    ...(transports.length > 0 && { transports }),
  }))
}

/** What an authenticator keeps as the user: the UUID's 16 bytes. */
export function userHandleOf(userId: string): string {
  return Buffer.from(userId.replaceAll('-', ''), 'hex').toString('base64url')
}

export function publicKeyPlace(rowId: string, userId: string): SealedPlace {
  return { purpose: 'webauthn public key', rowId, userId }
}

/** Where nobody is known yet the passkey itself has to say whose it is (WebAuthn level 3, 7.2, step 6). */
function isOwner({ user_id: owner }: table.CredentialRow, userId: string | null, { parts }: PasskeyResponse): boolean {
  const handle = parts['userHandle']
  if (handle === undefined) return userId === owner
  return handle === userHandleOf(owner) && (userId === null || userId === owner)
}

/** False when it can't be the authenticator that was added: then its owner gets to see that it may have been copied. */
async function use(
  tx: Queryable,
  { id, backup_eligible: wasEligible }: table.CredentialRow,
  { signCount, backupEligible, backedUp }: VerifiedAssertion,
): Promise<boolean> {
  if (backupEligible === wasEligible) {
    const used = await tx.query(table.USE_CREDENTIAL, id, signCount, backedUp)
    if (used.length > 0) return true
  }
  await tx.query(table.SUSPECT_COPY, id)
  return false
}

function challengeHash(challenge: string, { binding, userId }: ChallengeOf): Buffer {
  return hashToken(JSON.stringify([challenge, binding, userId]))
}
