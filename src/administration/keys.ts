import { recordKey } from '../audit/record-key.ts'
import { LIST_KEY_STATES } from '../credentials/key-ages-table.ts'
import type { KeyStateRow } from '../credentials/key-ages-table.ts'
import { countNeeds } from '../credentials/key-needs.ts'
import type { NeedRow } from '../credentials/key-needs-table.ts'
import { beginRotation, replaceKeys } from '../credentials/key-rotation.ts'
import type { Rotation, RotationParts } from '../credentials/key-rotation.ts'
import { PURPOSES } from '../credentials/live-keys.ts'
import type { KeyPurpose } from '../credentials/live-keys.ts'
import { PosternError } from '../errors.ts'
import { endEverybody } from '../sessions/end-everybody.ts'
import { actorOf } from './authority.ts'
import type { AdministrationParts, Doer } from './parts.ts'

/** A purpose whose keys can be ended at once: what else hangs on one would be lost. */
export type EndablePurpose = Extract<KeyPurpose, 'token' | 'assertion'>

export type KeyState = KeyStateRow['state']

/** A key as operators see it. */
export interface KeyStatus {
  readonly id: number
  readonly purpose: string
  readonly state: KeyState
  readonly createdAt: Date
  readonly ageSeconds: number
  /** When one that is coming takes over, one that checks was retired, or one ended. */
  readonly since: Date | null
  /** True for one that should have taken over and hasn't. */
  readonly isOverdue: boolean
  /** Rows that can be read or checked by it alone; counted for those that only check. */
  readonly needs: readonly NeedRow[]
  /** Which secret of `POSTERN_SECRET_KEY` opens it; null where none does, and for those that have ended. */
  readonly openedBy: 'first' | 'second' | null
}

export type KeyParts = Pick<AdministrationParts, 'database' | 'feed' | 'liveKeys'>

/** True for what keys are for. */
export function isKeyPurpose(text: string): text is KeyPurpose {
  return (PURPOSES as readonly string[]).includes(text)
}

/** True where a purpose's keys can be ended at once. */
export function isEndable(purpose: KeyPurpose): purpose is EndablePurpose {
  return purpose === 'token' || purpose === 'assertion'
}

/** Every key, by purpose, those that ended lately too. */
export async function listKeys({ database, liveKeys }: Pick<KeyParts, 'database' | 'liveKeys'>): Promise<KeyStatus[]> {
  const rows = await database.query(LIST_KEY_STATES)
  const listed: KeyStatus[] = []
  for (const row of rows) {
    const { id, purpose, state, created_at: createdAt, age_seconds: ageSeconds, since, overdue: isOverdue } = row
    const needs = state === 'verifying' ? await countNeeds(database, row) : []
    const openedBy = openerOf(liveKeys.wrapping, row)
    listed.push({ id, purpose, state, createdAt, ageSeconds, since, isOverdue, needs, openedBy })
  }
  return listed
}

/**
 * Makes the keys that take over, for each purpose one. Those in use go on until the new ones are known everywhere.
 * @throws PosternError `nothing_there` for a purpose that there is none of
 */
export async function rotateKeys(
  { database, feed, liveKeys }: KeyParts,
  by: Doer,
  purposes: readonly string[],
): Promise<Rotation[]> {
  const known = purposes.map((purpose) => {
    if (!isKeyPurpose(purpose)) throw new PosternError('nothing_there', `no keys for ${purpose}`)
    return purpose
  })
  return feed.commit(database, async (tx) => {
    const begun: Rotation[] = []
    for (const purpose of known) begun.push(await beginRotation(tx, rotationParts(liveKeys.wrapping, by), purpose))
    return begun
  })
}

/**
 * Ends all keys of a purpose at once: with those of tokens every sign-in, API token, link and known device. The refusal is
 * in force when this returns; that rows say so too is done after it.
 * @returns how many sign-ins and API tokens ended
 */
export async function replaceKeysNow(
  { database, feed, liveKeys }: KeyParts,
  by: Doer,
  purpose: EndablePurpose,
): Promise<{ readonly id: number; readonly ended: number }> {
  const id = await feed.commit(database, (tx) => replaceKeys(tx, rotationParts(liveKeys.wrapping, by), purpose))
  await liveKeys.refresh()
  return { id, ended: purpose === 'token' ? await endEverybody(database, id) : 0 }
}

function rotationParts(wrapping: RotationParts['wrapping'], by: Doer): RotationParts {
  return { wrapping, onChanged: (tx, change) => recordKey(tx, change, actorOf(by)) }
}

function openerOf(wrapping: RotationParts['wrapping'], row: KeyStateRow): KeyStatus['openedBy'] {
  const opened = row.wrapped_key === null ? null : wrapping.open(row.purpose, row.wrapped_key)
  if (opened === null) return null
  return opened.secret === 0 ? 'first' : 'second'
}
