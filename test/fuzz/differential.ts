import { compare, countAllowed, isWithin } from './compare.ts'
import { exchange } from './exchange.ts'
import type { Comparison } from './compare.ts'
import type { Exchange, Patience } from './exchange.ts'
import type { Place } from './place.ts'
import { makeStream } from './streams.ts'
import type { Stream } from './streams.ts'

/** A stream that the two servers do not answer alike. */
export interface Difference {
  readonly seed: number
  readonly place: number
  readonly stream: Stream
  readonly lane: Exchange
  readonly ordinary: Exchange
}

export interface RunOptions {
  readonly seed: number
  /** The first case, of those that the seed makes; 0 unless given. */
  readonly from?: number
  readonly cases: number
  /** Told of how many are done, every thousand. */
  readonly onProgress?: (cases: number) => void
}

/** What a run has come to. */
export interface Tally {
  readonly cases: number
  readonly same: number
  readonly bothRefused: number
  /** Requests that were let pass, on either side. */
  readonly allowed: number
  /** Looked different under load alone. */
  readonly retried: number
  readonly difference: Difference | null
}

const CONNECTIONS = 64
const PROGRESS_EVERY = 1_000
const HASTY: Patience = { pieces: 'own', pieceMs: 0, quietMs: 150 }
/** The ordinary server forgets what it hasn't answered when bytes come that it can't read. */
const IN_TURN: Patience = { pieces: 'requests', pieceMs: 0, quietMs: 150 }
/** For a closer look at what seemed to differ where the machine is busy. */
const SLOWLY: readonly Patience[] = [
  { pieces: 'requests', pieceMs: 15, quietMs: 300 },
  { pieces: 'requests', pieceMs: 200, quietMs: 2_000 },
]

/** Runs cases until one is answered differently, several at a time. */
export async function runCases(at: Place, { seed, from = 0, cases, onProgress }: RunOptions): Promise<Tally> {
  const tally = { cases: 0, same: 0, bothRefused: 0, allowed: 0, retried: 0, difference: null as Difference | null }
  let next = 0
  const work = async (): Promise<void> => {
    while (next < cases && tally.difference === null) {
      const place = from + next++
      const stream = makeStream(seed, place, at.visitors)
      const { lane, ordinary, outcome, isRetried } = await judge(at, stream)
      tally.cases++
      tally.allowed += countAllowed(lane)
      if (isRetried) tally.retried++
      if (outcome === 'same') tally.same++
      else if (outcome === 'both_refused') tally.bothRefused++
      else tally.difference ??= { seed, place, stream, lane, ordinary }
      if (tally.cases % PROGRESS_EVERY === 0) onProgress?.(tally.cases)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, work))
  return tally
}

/** What both said to a stream, and whether that was clear at once. */
interface Judged {
  readonly lane: Exchange
  readonly ordinary: Exchange
  readonly outcome: Comparison
  readonly isRetried: boolean
}

/**
 * Sends one stream to both; again, one request after the other, where answers could have been lost.
 * @param slowly how to look again then; nothing where nothing else keeps this process busy
 */
export async function judge(at: Place, stream: Stream, slowly = SLOWLY): Promise<Judged> {
  const [hasty, ordinary] = await Promise.all([
    exchange(at.lane, stream, HASTY),
    exchange(at.ordinary, stream, IN_TURN),
  ])
  const outcome = compare(hasty, ordinary)
  if (outcome !== 'differs') return { lane: hasty, ordinary, outcome, isRetried: false }
  let judged = judgeAgain(stream, hasty, await exchange(at.lane, stream, IN_TURN), ordinary)
  for (const patience of slowly) {
    if (judged.outcome !== 'differs') break
    const [lane, ordinary] = await Promise.all([
      exchange(at.lane, stream, patience),
      exchange(at.ordinary, stream, patience),
    ])
    judged = judgeAgain(stream, hasty, lane, ordinary)
  }
  return judged
}

function judgeAgain(stream: Stream, hasty: Exchange, careful: Exchange, ordinary: Exchange): Judged {
  const outcome = compare(careful, ordinary)
  const isRetried = true
  if (outcome === 'differs') return { lane: careful, ordinary, outcome, isRetried }
  const mayHaste = isWithin(hasty, ordinary, stream) || compare(hasty, ordinary) !== 'differs'
  return mayHaste
    ? { lane: careful, ordinary, outcome, isRetried }
    : { lane: hasty, ordinary, outcome: 'differs', isRetried }
}
