import { recordEvent } from '../audit/events.ts'
import type { OwnFactor } from '../credentials/own-factors.ts'
import { PosternError } from '../errors.ts'
import { notify } from '../mail/outbox.ts'
import { raiseSessionEpoch } from '../users/session-epoch.ts'
import { actorOf } from './authority.ts'
import type { AdministrationParts, Doer } from './parts.ts'
import { changeUser, getUser } from './users.ts'
import type { OfUser } from './users.ts'

export interface UserFactors {
  readonly login: string
  readonly factors: readonly OwnFactor[]
  readonly recoveryCodesLeft: number
}

/** @throws PosternError `unknown_user` */
export async function listFactors(parts: AdministrationParts, login: string): Promise<UserFactors> {
  const { database, ownFactors } = parts
  const user = await getUser(parts, login)
  const factors = await ownFactors.list(database, user.id)
  const { recovery } = await ownFactors.count(database, user.id)
  return { login: user.login, factors, recoveryCodesLeft: recovery }
}

/**
 * Removes all second factors of somebody who has lost them, and ends every sign-in; their owner is told.
 * @throws PosternError `nothing_there` where there are none
 */
export function resetFactors(
  parts: AdministrationParts,
  by: Doer,
  who: OfUser,
): Promise<{ readonly removed: number; readonly ended: number }> {
  return changeUser(parts, by, who, async (tx, { id, login }) => {
    const removed = await parts.ownFactors.reset(tx, id)
    if (removed === 0) throw new PosternError('nothing_there', `${login} has no second factor.`)
    await raiseSessionEpoch(tx, id)
    const ended = await parts.sessions.endAllIn(tx, login, 'revoked')
    const about = { resource: `user:${login}`, details: { removed } }
    await recordEvent(tx, { type: 'factors_reset', result: 'success', actor: actorOf(by), ...about })
    await notify(tx, id, 'factors_reset')
    return { removed, ended }
  })
}
