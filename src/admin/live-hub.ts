import type { OwnPermission } from '../lib/permissions.ts'
import { isOwnPermission } from '../lib/permissions.ts'
import { every } from '../lib/every.ts'
import type { Log } from '../observe/log.ts'
import type { CompiledPolicy } from '../policies/compile.ts'
import { holdsPermission } from '../policies/holds.ts'
import type { LiveConnections, Listener, LiveSocket } from './live-connections.ts'
import { createLiveConnections } from './live-connections.ts'
import { LIVE_TYPES } from './live-events.ts'
import type { LiveType } from './live-events.ts'
import { createLiveSource } from './live-source.ts'
import type { LiveSourceParts } from './live-source.ts'
import { READ_STANDING } from './live-table.ts'
import type { StandingRow } from './live-table.ts'

/** Those who listen, and what is done while there are any. */
export interface LiveHub {
  readonly hasRoom: LiveConnections['hasRoom']
  /** Closes at once, with a code, where there is no room by now. */
  add(socket: LiveSocket, listener: Listener, types: readonly LiveType[]): void
  /** Ends all and takes no more. */
  close(): void
}

export interface LiveHubParts extends Omit<LiveSourceParts, 'now'> {
  readonly policy: () => CompiledPolicy
  readonly log: Pick<Log, 'error'>
}

/** What happens is heard of within a second, and who may not hear it any more within the same. */
const ROUND_MS = 400
const PING_MS = 25_000
/** Nobody listens on while it can't be said whether he may. */
const MAX_BLIND_MS = 5_000

const TYPES = Object.keys(LIVE_TYPES) as LiveType[]

/** What somebody may hear. */
export function liveTypesFor(may: (permission: OwnPermission) => boolean): readonly LiveType[] {
  return TYPES.filter((type) => may(LIVE_TYPES[type]))
}

export function createLiveHub(parts: LiveHubParts): LiveHub {
  const connections = createLiveConnections()
  let round: { stop(): void } | null = null
  let isClosed = false
  const stop = (): void => {
    round?.stop()
    round = null
  }
  const start = (): void => {
    if (round !== null) return
    const work = createRound(parts, connections)
    round = every(
      ROUND_MS,
      async () => (connections.ids.length === 0 ? stop() : work()),
      (err) => parts.log.error({ err }, 'live events can not be told'),
    )
  }
  return {
    hasRoom: (userId) => !isClosed && connections.hasRoom(userId),
    add(socket, listener, types) {
      if (isClosed) return connections.refuse(socket, 'stopping')
      if (!connections.hasRoom(listener.userId)) return connections.refuse(socket, 'later')
      connections.add(socket, listener, types)
      start()
    },
    close() {
      isClosed = true
      connections.closeAll('stopping')
      stop()
    },
  }
}

/** One look: first who may still hear, then what there is to hear. */
function createRound(parts: LiveHubParts, connections: LiveConnections): () => Promise<void> {
  const now = (): number => performance.now()
  const source = createLiveSource({ ...parts, now })
  let sureAt = now()
  let pingAt = now() + PING_MS
  return async () => {
    try {
      const { ids } = connections
      connections.settle(ids, await readTypes(parts, ids))
      sureAt = now()
      connections.tell(await source.read())
    } finally {
      if (now() - sureAt > MAX_BLIND_MS) connections.closeAll('later')
      if (now() >= pingAt) {
        pingAt = now() + PING_MS
        connections.ping()
      }
    }
  }
}

/** By id of sign-in or token; those that count no more are missing. */
async function readTypes(
  { database, policy }: LiveHubParts,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly LiveType[]>> {
  const rows = await database.query(READ_STANDING, [...new Set(ids)])
  return new Map(rows.map((row) => [row.id, liveTypesFor((permission) => mayHear(policy(), row, permission))]))
}

function mayHear(
  policy: CompiledPolicy,
  { roles, api, is_token: isToken }: StandingRow,
  wanted: OwnPermission,
): boolean {
  if (isToken && !(api ?? []).filter(isOwnPermission).includes(wanted)) return false
  return holdsPermission(policy, { roles }, wanted)
}
