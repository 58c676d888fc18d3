import { withDeadline } from '../lib/deadline.ts'
import { deviceOf } from '../lib/device.ts'
import { ownCopy } from '../lib/own-copy.ts'
import type { Principal } from '../lib/principal.ts'
import type { Queryable } from '../store/database.ts'
import { createLearntShown } from './binding-learnt.ts'
import type { Learnt } from './binding-learnt.ts'
import { FIND_SHOWN } from './binding-table.ts'
import type { ShownRow } from './binding-table.ts'
import { createTrail, MAX_SHOWN, mergeShown, withShown } from './trail.ts'
import type { Shown, Trail, Visit } from './trail.ts'

/** A request whose network and device are both none that its sign-in has shown. */
export interface Move {
  readonly signInId: string
  readonly network: string
  readonly device: string
  readonly address: string
  readonly userAgent: string
  /** ms since 1970. */
  readonly atMs: number
  /** True where several devices were tried at once: then it is one, even if the last of them was known. */
  readonly isTried: boolean
}

/** Compares where a sign-in is used with where it was; what it learns is written off the path. */
export interface Binding {
  /** A trail from what was read, with what was learnt here and isn't written yet. */
  trailOf(signInId: string, shown: Shown): Trail
  /**
   * Looks at a visit that isn't the one before. One thing alone that is new is learnt. Both at once are noted: the
   * principal is given as one that moved, or null where such a visit lets nobody in.
   */
  admit(principal: Principal, trail: Trail, visit: Visit): Principal | null
  /** Whether such a visit is still a move by what the database knows, such as from another process. Rejects without it. */
  isMoved(principal: Principal, trail: Trail, visit: Visit): Promise<boolean>
  /** Writes what was learnt, and then settles the moves that are old enough for every process to have written. */
  flush(): Promise<void>
  readonly networkOf: BindingParts['networkOf']
  /** What was not kept for want of room, since the last time it was asked. */
  takeDropped(): number
}

export interface BindingParts {
  readonly mode: 'notify' | 'strict'
  readonly database: Queryable
  /** The network that stands for an address. */
  readonly networkOf: (address: string) => string
  /** Writes a move down and tells of it, once of all processes; what rejects is tried again. */
  readonly settle: (move: Move) => Promise<void>
  /** ms since 1970. */
  readonly now: () => number
}

/** Twice the time in which another process writes what it learnt. */
const SETTLE_MS = 2_000
const DATABASE_DEADLINE_MS = 250
const MAX_MOVES = 10_000
/** Different user agents whose digest is remembered. */
const MAX_DEVICES = 1_000
/** None that is longer is remembered: whoever sends one has it digested each time. */
const MAX_USER_AGENT = 512

/** A visit as it is compared. */
interface Place {
  readonly network: string
  readonly device: string
  /** A text of its own, which all who send the same share. */
  readonly userAgent: string
}

/** Builds the binding for one process. */
export function createBinding(parts: BindingParts): Binding {
  const { database, networkOf, now } = parts
  const isStrict = parts.mode === 'strict'
  const learnt = createLearntShown(database)
  const moves = createMoves(parts, isStrict)
  const placeOf = createPlaces(networkOf)
  let dropped = 0
  const drop = (isKept: boolean): void => void (dropped += isKept ? 0 : 1)
  return {
    trailOf(signInId, shown) {
      const trail = createTrail(shown)
      const unwritten = learnt.of(signInId)
      if (unwritten !== undefined) mergeShown(trail, { ...unwritten, moves: [] })
      return trail
    },
    admit(principal, trail, visit) {
      const { signInId } = principal
      const place = placeOf(visit)
      if (isElsewhere(trail, place)) {
        if (isStrict) return null
        if (!trail.moves.includes(pairOf(place))) {
          if (trail.moves.length < MAX_SHOWN) drop(moves.note(signInId, visit, place))
          return { ...principal, movedAt: now() }
        }
      } else {
        const news = learnFrom(trail, place)
        if (news !== null) drop(learnt.add(signInId, news))
      }
      trail.address = ownCopy(visit.clientAddress)
      trail.userAgent = place.userAgent
      return principal
    },
    async isMoved({ signInId }, trail, visit) {
      const [row] = await withDeadline(database.query(FIND_SHOWN, signInId), DATABASE_DEADLINE_MS)
      if (row !== undefined) mergeShown(trail, shownOf(row, networkOf))
      const place = placeOf(visit)
      if (!isElsewhere(trail, place)) return false
      drop(moves.note(signInId, visit, place))
      return true
    },
    networkOf,
    async flush() {
      await learnt.flush()
      await moves.settle()
    },
    takeDropped() {
      const count = dropped
      dropped = 0
      return count
    },
  }
}

/** What a row tells of a sign-in, its beginning first. */
export function shownOf(row: Partial<ShownRow>, networkOf: (address: string) => string): Shown {
  const began = { network: row.ip_address ?? null, userAgent: row.user_agent ?? '' }
  return {
    networks: [...(began.network === null ? [] : [networkOf(began.network)]), ...(row.shown_networks ?? [])],
    devices: [deviceOf(began.userAgent), ...(row.shown_devices ?? [])],
    moves: row.shown_moves ?? [],
  }
}

/** Without an address two places can't be told apart, and what has shown nothing yet can't be left. */
function isElsewhere({ networks, devices }: Trail, { network, device }: Place): boolean {
  if (network === '' || networks.length === 0 || devices.length === 0) return false
  return !networks.includes(network) && !devices.includes(device)
}

/** Takes into the trail what is new; null where nothing is. Nothing is learnt beside what can't be compared. */
function learnFrom(trail: Trail, { network, device }: Place): Learnt | null {
  const { networks, devices } = trail
  if (network === '' || (networks.includes(network) && devices.includes(device))) return null
  trail.networks = withShown(networks, network)
  trail.devices = withShown(devices, device)
  return {
    networks: networks.includes(network) ? [] : [network],
    devices: devices.includes(device) ? [] : [device],
  }
}

function pairOf({ network, device }: Place): string {
  return `${network} ${device}`
}

interface Moves {
  /** False where there is no room for it. */
  note(signInId: string, visit: Visit, place: Place): boolean
  settle(): Promise<void>
}

/** Moves of one sign-in that are not settled yet, by place. */
interface Unsettled {
  readonly moves: Map<string, Omit<Move, 'isTried'>>
  /** The first device of them. */
  readonly device: string
  isTried: boolean
}

/** Where a move ends the sign-in the first is enough, else each new place is told of, up to as many as are kept. */
function createMoves({ settle, now }: BindingParts, isFirstEnough: boolean): Moves {
  const noted = new Map<string, Unsettled>()
  const maxOfOne = isFirstEnough ? 1 : MAX_SHOWN
  let size = 0
  return {
    note(signInId, { clientAddress }, place) {
      const own = noted.get(signInId) ?? { moves: new Map(), device: place.device, isTried: false }
      if (own.device !== place.device) own.isTried = true
      if (own.moves.has(pairOf(place)) || own.moves.size >= maxOfOne) return true
      if (size >= MAX_MOVES) return false
      size++
      own.moves.set(pairOf(place), { signInId, ...place, address: ownCopy(clientAddress), atMs: now() })
      noted.set(signInId, own)
      return true
    },
    async settle() {
      for (const [signInId, own] of noted) {
        for (const [pair, move] of own.moves) {
          if (now() - move.atMs < SETTLE_MS) continue
          await settle({ ...move, isTried: own.isTried })
          own.moves.delete(pair)
          size--
        }
        if (own.moves.size === 0) noted.delete(signInId)
      }
    },
  }
}

/** Remembers the digests of the user agents that are about; starts over where there are too many. */
function createPlaces(networkOf: (address: string) => string): (visit: Visit) => Place {
  const known = new Map<string, Omit<Place, 'network'>>()
  return ({ clientAddress, userAgent: given = '' }) => {
    const network = clientAddress === '' ? '' : networkOf(clientAddress)
    const remembered = known.get(given)
    if (remembered !== undefined) return { network, ...remembered }
    const userAgent = ownCopy(given.slice(0, MAX_USER_AGENT))
    const found = { userAgent, device: deviceOf(userAgent) }
    if (known.size >= MAX_DEVICES) known.clear()
    if (given.length <= MAX_USER_AGENT) known.set(userAgent, found)
    return { network, ...found }
  }
}
