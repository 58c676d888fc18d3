import type { Cleanup } from '../support/directories.ts'
import type { Kind, World } from './world.ts'

/** An outcome in a few words, and why it isn't the same everywhere. */
export interface Difference {
  readonly outcome: string
  readonly because: string
}

/** Something that every proxy is put to. */
export interface Case {
  /** A sentence that holds of every proxy. */
  readonly name: string
  /** What `run` gives for most; what would be unsafe it refuses to give at all, by an assertion. */
  readonly outcome: string
  readonly differs?: Partial<Record<Kind['name'], Difference>>
  readonly run: (world: World, t: Cleanup) => Promise<string>
}

/** Each distinct outcome once, in the order of their first. */
export function summed(outcomes: readonly string[]): string {
  return [...new Set(outcomes)].join(', ')
}

/** How a visitor was kept out: whether it was by the gateway's word or by the proxy's own. */
export function statusWord(status: number | null): string {
  return status === null ? 'hung up' : String(status)
}
