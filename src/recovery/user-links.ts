import {
  CONSUME_ONE_TIME_TOKEN,
  FIND_ONE_TIME_TOKEN,
  INSERT_ONE_TIME_TOKEN,
} from '../credentials/one-time-tokens-table.ts'
import type { KeyRing } from '../lib/key-ring.ts'
import { hashToken, isOurToken, mintToken } from '../lib/tokens.ts'
import type { Queryable } from '../store/database.ts'
import { FIND_OWNER, LOCK_OWNER, VOID_LATER_LINKS, VOID_LINKS } from './user-links-table.ts'
import type { OwnerRow } from './user-links-table.ts'

/** What a link lets its user do, each once: set a password, confirm an address, or stop a change of it. */
export type LinkPurpose = 'reset' | 'email' | 'email_stop'

export interface NewLink {
  readonly purpose: LinkPurpose
  readonly userId: string
  readonly lifeMs: number
  /** Whether those before it count beside it, as they must where a stranger may ask for one; false unless told. */
  readonly keepsOthers?: boolean
  /** What its use needs to know besides; never a secret. */
  readonly more?: Readonly<Record<string, string>>
}

/** Whose link it is, and what was kept with it. */
export interface LinkOwner {
  readonly userId: string
  readonly login: string
  readonly name: string
  /** The address as it is stored now. */
  readonly email: string
  readonly more: Readonly<Record<string, string>>
}

interface LinkDetails {
  readonly userId: string
  readonly email: string
  readonly epoch: number
  readonly more: Readonly<Record<string, string>>
}

/** A link that stops a change must work after the change. */
const OUTLIVES_CHANGES: ReadonlySet<LinkPurpose> = new Set(['email_stop'])

/**
 * The token of a new link, in the caller's transaction; it voids those of the same purpose before it unless they are
 * to be kept, but for what stops a change, since a thief may make several. Null for a user who is gone or disabled.
 */
export async function mintLink(tx: Queryable, keys: KeyRing, link: NewLink): Promise<string | null> {
  const { purpose, userId, lifeMs, keepsOthers = false, more = {} } = link
  const [owner] = await tx.query(LOCK_OWNER, userId)
  if (owner === undefined || owner.disabled) return null
  if (!keepsOthers && !OUTLIVES_CHANGES.has(purpose)) await voidLinks(tx, userId, purpose)
  const token = mintToken(keys, purpose)
  const details: LinkDetails = { userId, email: owner.email, epoch: owner.session_epoch, more }
  await tx.query(INSERT_ONE_TIME_TOKEN, hashToken(token), purpose, JSON.stringify(details), lifeMs)
  return token
}

/** Whose link it is; looking doesn't use it up. Null when it is used, void, expired or for something else. */
export async function findLink(
  database: Queryable,
  keys: KeyRing,
  purpose: LinkPurpose,
  token: string,
): Promise<LinkOwner | null> {
  if (!isOurToken(keys, purpose, token)) return null
  const details = await detailsOf(database, purpose, token)
  if (details === null) return null
  const [owner] = await database.query(FIND_OWNER, details.userId)
  return ownerOf(owner, details, purpose)
}

/**
 * Uses a link up in the transaction of its effect: of any number at once one gets its owner. A link dies with the
 * password, the address and the sign-ins that it was made beside.
 */
export async function consumeLink(
  tx: Queryable,
  keys: KeyRing,
  purpose: LinkPurpose,
  token: string,
): Promise<LinkOwner | null> {
  if (!isOurToken(keys, purpose, token)) return null
  const details = await detailsOf(tx, purpose, token)
  if (details === null) return null
  // The user first, as everywhere, so that two never wait for each other.
  const [owner] = await tx.query(LOCK_OWNER, details.userId)
  const used = await tx.query(CONSUME_ONE_TIME_TOKEN, hashToken(token), purpose)
  return used.length === 0 ? null : ownerOf(owner, details, purpose)
}

/** Voids what was not used yet. */
export async function voidLinks(tx: Queryable, userId: string, purpose: LinkPurpose): Promise<void> {
  await tx.query(VOID_LINKS, userId, purpose)
}

/** Voids what was made after a link, so that whoever came later can't undo what it did. */
export async function voidLaterLinks(
  tx: Queryable,
  userId: string,
  purpose: LinkPurpose,
  token: string,
): Promise<void> {
  await tx.query(VOID_LATER_LINKS, userId, purpose, hashToken(token))
}

async function detailsOf(database: Queryable, purpose: LinkPurpose, token: string): Promise<LinkDetails | null> {
  const [row] = await database.query(FIND_ONE_TIME_TOKEN, hashToken(token), purpose)
  return row === undefined ? null : (row.details as LinkDetails)
}

function ownerOf(owner: OwnerRow | undefined, details: LinkDetails, purpose: LinkPurpose): LinkOwner | null {
  if (owner === undefined || owner.disabled) return null
  const { id: userId, login, name, email, session_epoch: epoch } = owner
  if (!OUTLIVES_CHANGES.has(purpose) && (email !== details.email || epoch !== details.epoch)) return null
  return { userId, login, name, email, more: details.more }
}
