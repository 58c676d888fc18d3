/**
 * The port to values by key that several processes share: whatever it holds may vanish, be late or be forged at any
 * time. No call waits longer than 100 ms; all but `close` reject with `KeyValueError` when the answer isn't had in time.
 */
export interface KeyValue {
  /** The value, or null for none, for one that is larger than `maxBytes` and for what isn't a plain value. */
  get(key: string, maxBytes: number): Promise<Buffer | null>
  /** Keeps the value for so many ms, in place of any that was there. */
  set(key: string, value: Buffer, lifeMs: number): Promise<void>
  delete(key: string): Promise<void>
  /**
   * What a Lua script answers, which runs as one step: numbers, and texts as UTF-8. Every key of it stands in `keys`,
   * all with one `{hash tag}`, since a cluster has them on one server then.
   */
  run(script: string, keys: readonly string[], given: readonly (string | number)[]): Promise<unknown>
  /** Resolves when it answers. */
  ping(): Promise<void>
  /** Why it is of no use at present, or null; for operators, without secrets. */
  readonly trouble: string | null
  /** Gives up what is under way. May be called once. */
  close(): Promise<void>
}

/** What could not be read or kept; its message is safe to log. */
export class KeyValueError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'KeyValueError'
  }
}
