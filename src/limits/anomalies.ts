import type { Queryable } from '../store/database.ts'
import { CLAIM_ANOMALY, FIND_MANY_NETWORKS } from './anomalies-table.ts'
import { SLOT_MS, slotOf } from './failed-names.ts'
import { CLOSE_SLOT, COUNT_FAILED_NAMES, FIND_SLOT_TO_CLOSE, LIST_USUAL_NAMES } from './failed-names-table.ts'

/** Something that is unlike the usual, with the numbers that say so. */
export type Anomaly =
  | {
      readonly kind: 'sign_in_burst'
      /** In CIDR form, or a star for all networks together. */
      readonly network: string
      readonly names: number
      readonly usual: number
      readonly threshold: number
    }
  | {
      readonly kind: 'many_networks'
      readonly userId: string
      readonly login: string
      readonly networks: readonly string[]
      readonly threshold: number
    }

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** The same isn't told again within this time. */
const QUIET_MS = HOUR_MS
/** An office of hundreds has no twenty people that mistype within ten minutes; together all networks may have more. */
const BURST_NAMES = { network: 20, all: 50 }
/** What is usual on a Monday morning isn't three times what was usual within the day before. */
const BURST_FACTOR = 3
/** One slot in twenty may be unusual without making that the usual. */
const USUAL_SHARE = 0.95
/** The largest of one look, all networks together among them. */
const MAX_BURSTS = 20
/** Home, office, train and telephone in two address families make seven. */
const MANY_NETWORKS = 8

/** What is unusual now, told or not. */
export async function findAnomalies(database: Queryable, nowMs: number): Promise<readonly Anomaly[]> {
  return [...(await findBursts(database, nowMs)), ...(await findManyNetworks(database))]
}

/** True for one process and once an hour of each: call it in the transaction that tells of it. */
export async function claimAnomaly(tx: Queryable, anomaly: Anomaly): Promise<boolean> {
  const subject = anomaly.kind === 'sign_in_burst' ? anomaly.network : anomaly.userId
  return (await tx.query(CLAIM_ANOMALY, anomaly.kind, subject, QUIET_MS)).length > 0
}

/** True once an hour, of all processes for one: whoever attacks from many networks must not flood a mailbox. */
export async function mayMailOfBurst(tx: Queryable): Promise<boolean> {
  return (await tx.query(CLAIM_ANOMALY, 'sign_in_burst_mail', '*', QUIET_MS)).length > 0
}

/** Makes numbers of the names of slots that are over. */
export async function closeSlots(database: Queryable, nowMs: number): Promise<void> {
  // The slot before may still get what processes have noted and not written.
  const before = slotOf(nowMs) - SLOT_MS
  for (let slots = 0; slots < DAY_MS / SLOT_MS; slots++) {
    const [found] = await database.query(FIND_SLOT_TO_CLOSE, before)
    if (found === undefined) return
    await database.query(CLOSE_SLOT, found.slot_ms)
  }
}

/** Of slots by the clock: a burst over the turn of two is seen in one of them if that has enough. */
async function findBursts(database: Queryable, nowMs: number): Promise<Anomaly[]> {
  const slots = [slotOf(nowMs), slotOf(nowMs) - SLOT_MS]
  const counts = (await Promise.all(slots.map((slot) => database.query(COUNT_FAILED_NAMES, slot)))).flat()
  const high = counts
    .filter(({ network, names }) => names >= leastOf(network))
    .toSorted((one, other) => other.names - one.names)
    .slice(0, MAX_BURSTS)
  if (high.length === 0) return []
  const networks = [...new Set(high.map(({ network }) => network))]
  const usual = await database.query(LIST_USUAL_NAMES, nowMs - DAY_MS, networks)
  const bursts = networks.map((network) => {
    const names = Math.max(...high.filter((each) => each.network === network).map((each) => each.names))
    const before = usualOf(usual.filter((each) => each.network === network).map((each) => each.names))
    const threshold = Math.max(leastOf(network), BURST_FACTOR * before)
    return { kind: 'sign_in_burst' as const, network, names, usual: before, threshold }
  })
  return bursts.filter(({ names, threshold }) => names >= threshold)
}

async function findManyNetworks(database: Queryable): Promise<Anomaly[]> {
  const rows = await database.query(FIND_MANY_NETWORKS, HOUR_MS, MANY_NETWORKS)
  return rows.map(({ user_id: userId, login, networks }) => {
    return { kind: 'many_networks', userId, login, networks, threshold: MANY_NETWORKS }
  })
}

function leastOf(network: string): number {
  return network === '*' ? BURST_NAMES.all : BURST_NAMES.network
}

/** What nineteen in twenty slots of a day don't exceed; those without a count had nothing worth one. */
function usualOf(counts: readonly number[]): number {
  const slots = DAY_MS / SLOT_MS
  const sorted = counts.toSorted((one, other) => other - one)
  return sorted[Math.floor(slots * (1 - USUAL_SHARE))] ?? 0
}
