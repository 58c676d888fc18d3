import type { Reader } from './values.ts'

/** One line of the table: how the setting is named, read, defaulted and explained. */
export interface Setting<T> {
  readonly name: `POSTERN_${string}`
  readonly read: Reader<T>
  /** As it would be written in the environment; null where leaving it out means something of its own. */
  readonly fallback: string | null
  readonly about: string
}

/** @param name whole, as in the environment */
export function setting<T, const Fallback extends string | null>(
  name: `POSTERN_${string}`,
  read: Reader<T>,
  fallback: Fallback,
  about: string,
): Setting<T> & { fallback: Fallback } {
  return { name, read, fallback, about }
}
