import { PosternError } from '../errors.ts'
import { createKey } from '../lib/key-ring.ts'
import type { Key, KeyRing } from '../lib/key-ring.ts'
import type { Queryable } from '../store/database.ts'
import type { KeyWrapping } from './key-wrapping.ts'
import { LIST_KEYS } from './keys-table.ts'
import type { KeyRow } from './keys-table.ts'

export const PURPOSES = ['token', 'pepper', 'assertion', 'sealing', 'audit'] as const
export type KeyPurpose = (typeof PURPOSES)[number]
export type Keys = Readonly<Record<KeyPurpose, KeyRing>>

/** The keys of a running program: rings that change in place, whole, when keys come, take over or end. */
export interface LiveKeys {
  readonly rings: Keys
  readonly wrapping: KeyWrapping
  /** Ids in the table that `POSTERN_SECRET_KEY` of this process doesn't open. */
  readonly unopened: ReadonlySet<number>
  /**
   * Takes over what stands in the table now.
   * @returns whether a key is due to take over
   */
  refresh(): Promise<boolean>
  /** Calls this in the very turn in which keys are forgotten, with their purposes. */
  onEnded(listener: (purposes: ReadonlySet<string>) => void): void
}

/** Whoever makes up key ids causes so many reads at most. */
const LEARN_MS = 1_000

class LiveRing implements KeyRing {
  minting: Key
  byId: ReadonlyMap<number, Key>
  readonly #learn: (id: number) => Promise<void> | null

  constructor(keys: Pick<KeyRing, 'minting' | 'byId'>, learn: (id: number) => Promise<void> | null) {
    this.minting = keys.minting
    this.byId = keys.byId
    this.#learn = learn
  }

  learn(id: number): Promise<void> | null {
    return this.#learn(id)
  }
}

export interface LiveKeysParts {
  readonly database: Queryable
  readonly wrapping: KeyWrapping
  /** As they stand in the table. */
  readonly rows: readonly KeyRow[]
  /** ms, monotonic. */
  readonly now?: () => number
}

/** @throws Error when a purpose has no key to mint with that can be opened */
export function createLiveKeys({ database, wrapping, rows, now = () => performance.now() }: LiveKeysParts): LiveKeys {
  const unopened = new Set<number>()
  const listeners: ((purposes: ReadonlySet<string>) => void)[] = []
  let last: Promise<unknown> = Promise.resolve()
  let underWay: Promise<boolean> | null = null
  let lastAt = -Infinity
  let failed = false

  const read = async (): Promise<boolean> => {
    lastAt = now()
    try {
      const found = await database.query(LIST_KEYS)
      failed = false
      takeOver(rings, found, { wrapping, unopened, listeners })
      return found.some(({ due }) => due)
    } catch (error) {
      failed = true
      throw error
    }
  }
  // One after the other: an older list must not replace a newer one.
  const refresh = (): Promise<boolean> => {
    const readLast = (): Promise<boolean> =>
      read().finally(() => {
        if (underWay === next) underWay = null
      })
    const next = last.then(readLast, readLast)
    underWay = next
    last = next.catch(() => undefined)
    return next
  }
  const learn = (id: number): Promise<void> | null => {
    if (unopened.has(id)) return missing(id, 'POSTERN_SECRET_KEY of this process does not open it')
    if (underWay === null && now() - lastAt < LEARN_MS)
      return failed ? missing(id, 'the keys could not be read just now') : null
    // Whoever comes while they are read waits for that: a process that was stopped gets many such tokens at once.
    return (underWay ?? refresh()).then(
      () => (unopened.has(id) ? missing(id, 'POSTERN_SECRET_KEY of this process does not open it') : undefined),
      () => missing(id, 'the keys could not be read'),
    ) as Promise<void>
  }
  const ringOf = (purpose: KeyPurpose): LiveRing => new LiveRing(firstRing(rows, purpose, wrapping), learn)
  const rings = {
    token: ringOf('token'),
    pepper: ringOf('pepper'),
    assertion: ringOf('assertion'),
    sealing: ringOf('sealing'),
    audit: ringOf('audit'),
  }
  return { rings, wrapping, unopened, refresh, onEnded: (listener) => void listeners.push(listener) }
}

function missing(id: number, why: string): Promise<never> {
  return Promise.reject(new PosternError('store_unavailable', `key ${id}: ${why}`))
}

function firstRing(rows: readonly KeyRow[], purpose: string, wrapping: KeyWrapping): Pick<KeyRing, 'minting' | 'byId'> {
  const own = rows.flatMap((row) => {
    const opened = row.purpose === purpose && row.wrapped_key !== null ? wrapping.open(purpose, row.wrapped_key) : null
    return opened === null ? [] : [{ key: createKey(row.id, opened.key), minting: row.minting }]
  })
  const minting = own.find((each) => each.minting)
  if (minting === undefined) throw new Error(`no minting key for ${purpose}`)
  return { minting: minting.key, byId: new Map(own.map(({ key }) => [key.id, key])) }
}

interface Taking {
  readonly wrapping: KeyWrapping
  readonly unopened: Set<number>
  readonly listeners: readonly ((purposes: ReadonlySet<string>) => void)[]
}

function takeOver(rings: Readonly<Record<KeyPurpose, LiveRing>>, rows: readonly KeyRow[], taking: Taking): void {
  taking.unopened.clear()
  const ended = new Set<string>()
  for (const purpose of PURPOSES) {
    const own = rows.filter((row) => row.purpose === purpose)
    if (changeRing(rings[purpose], own, taking)) ended.add(purpose)
  }
  if (ended.size > 0) for (const listener of taking.listeners) listener(ended)
}

/**
 * Only what has ended is forgotten: a table that lost its rows must not sign everybody out of what runs.
 * @returns whether keys were forgotten
 */
function changeRing(ring: LiveRing, rows: readonly KeyRow[], { wrapping, unopened }: Taking): boolean {
  const byId = new Map(ring.byId)
  for (const { id, purpose, wrapped_key: wrapped } of rows) {
    if (wrapped === null || byId.has(id)) continue
    const opened = wrapping.open(purpose, wrapped)
    if (opened === null) unopened.add(id)
    else byId.set(id, createKey(id, opened.key))
  }
  const minting = byId.get(rows.find((row) => row.minting)?.id ?? ring.minting.id) ?? ring.minting
  const gone = rows.filter(({ id, wrapped_key: wrapped }) => wrapped === null && byId.delete(id))
  if (gone.length > 0 || byId.size !== ring.byId.size) ring.byId = byId
  ring.minting = minting
  return gone.length > 0
}
