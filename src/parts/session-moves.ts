import { recordEvent } from '../audit/events.ts'
import { describeDevice } from '../lib/device.ts'
import { notify } from '../mail/outbox.ts'
import type { Log } from '../observe/log.ts'
import type { Metrics } from '../observe/metrics.ts'
import { END_MOVED, MARK_MOVED } from '../sessions/binding-table.ts'
import type { MovedRow } from '../sessions/binding-table.ts'
import type { Move } from '../sessions/binding.ts'
import type { ChangeFeed } from '../store/change-feed.ts'
import { recordChange } from '../store/changes.ts'
import type { Database, Queryable } from '../store/database.ts'

export interface SessionMovesParts {
  readonly mode: 'notify' | 'strict'
  readonly database: Database
  readonly feed: Pick<ChangeFeed, 'commit'>
  readonly metrics: Pick<Metrics, 'anomaly' | 'signInEnded'>
  readonly log: Pick<Log, 'warn'>
}

/** Writes down that a sign-in moved, and ends it where that is wished; of all processes that saw it one does. */
export function createSettleMove({ mode, database, feed, metrics, log }: SessionMovesParts) {
  const isEnding = mode === 'strict'
  const mark = isEnding ? END_MOVED : MARK_MOVED
  return async (move: Move): Promise<void> => {
    const { signInId, network, device, atMs, isTried } = move
    const moved = await feed.commit(database, async (tx) => {
      const [row] = await tx.query(mark, signInId, network, device, atMs, isTried)
      if (row === undefined) return null
      await recordChange(tx, { session: signInId })
      await tell(tx, move, row, isEnding)
      return row
    })
    if (moved === null) return
    if (isEnding) metrics.signInEnded(moved.lasted_seconds)
    metrics.anomaly('session_moved')
    const { user_id: userId, login } = moved
    log.warn({ userId, login, clientAddress: move.address, network, isEnded: isEnding }, 'anomaly: session moved')
  }
}

/** Who it was is not known, so there is no actor. */
async function tell(tx: Queryable, move: Move, row: MovedRow, isEnded: boolean): Promise<void> {
  const { signInId, network, address, userAgent } = move
  await recordEvent(tx, {
    type: 'session_moved',
    result: isEnded ? 'failure' : 'success',
    actor: null,
    signInId,
    resource: `session:${signInId}`,
    address,
    userAgent,
    details: {
      reason: 'a request came from a network and a device that this session had never shown, both at once',
      network,
      device: describeDevice(userAgent),
      began_at: row.ip_address,
      began_on: describeDevice(row.user_agent),
      login: row.login,
      ended: isEnded ? 1 : 0,
    },
  })
  await notify(tx, row.user_id, isEnded ? 'session_moved_ended' : 'session_moved', { address, userAgent })
}
