import type { Metrics } from '../observe/metrics.ts'
import type { Figures } from '../observe/register.ts'

/** What a process needs of those that serve the same listeners on this machine. */
export interface Crew {
  /** How many share what a machine may use: connections to the database, memory. */
  readonly size: number
  /** True in the one process that does what must be done once. */
  leads(): Promise<boolean>
  /** Metrics of all of them as text; its own alone when the others can't be asked. */
  expose(metrics: Metrics): Promise<string>
  /** The figures of each of them; its own alone when the others can't be asked. */
  figures(metrics: Metrics): Promise<readonly Figures[]>
  /** Tells that everything is open; from then on the others may ask for these. */
  ready(metrics: Metrics): Promise<void>
  /** Leaves the last counts behind. */
  leave(metrics: Metrics): Promise<void>
  /** Calls once, when this process is to end; the signals that reach all of them at once are not for it. */
  onStop(stop: () => void): void
}

/** A process that serves by itself. */
export const ALONE: Crew = {
  size: 1,
  leads: async () => true,
  expose: (metrics) => metrics.expose(),
  figures: async (metrics) => [await metrics.figures()],
  ready: async () => {},
  leave: async () => {},
  onStop: () => {},
}
