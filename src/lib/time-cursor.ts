const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const CURSOR = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) (\S+)$/

/** Where a list goes on that is ordered by time, the latest first, and among the same time by id. */
export interface TimeCursor {
  /** ISO 8601 to the microsecond, or `infinity`, as the database reads it. */
  readonly at: string
  readonly id: string
}

/** Before the latest there can be. */
const FIRST: TimeCursor = { at: 'infinity', id: 'ffffffff-ffff-ffff-ffff-ffffffffffff' }

/** True for an id as the database makes them. */
export function isUuid(text: string): boolean {
  return UUID.test(text)
}

export function writeTimeCursor({ at, id }: TimeCursor): string {
  return Buffer.from(`${at} ${id}`).toString('base64url')
}

/** The beginning where none is given; null for what is none. */
export function readTimeCursor(text: string | undefined): TimeCursor | null {
  if (text === undefined) return FIRST
  const [, at = '', id = ''] = CURSOR.exec(Buffer.from(text, 'base64url').toString()) ?? []
  return isUuid(id) && !Number.isNaN(Date.parse(at)) ? { at, id } : null
}
