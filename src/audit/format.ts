import { writeCsvRow } from '../lib/csv.ts'
import type { EventRow } from './search-table.ts'
import { writeSyslog } from './syslog-message.ts'

/** How events are written into a file, one after the other. */
export interface EventFormat {
  readonly contentType: string
  /** What stands before the first event. */
  readonly head: string
  /** One event with the end of its line. */
  line(event: EventRow): string
}

export const FORMATS = ['csv', 'jsonl', 'syslog'] as const
export type FormatName = (typeof FORMATS)[number]

const CSV_COLUMNS = [
  'seq',
  'id',
  'occurred_at',
  'event_type',
  'action',
  'resource',
  'result',
  'actor_id',
  'actor_login',
  'session_id',
  'ip_address',
  'user_agent',
  'request_id',
  'risk_score',
  'details',
] as const satisfies readonly (keyof EventRow)[]

/** What JSON leaves as it is, but some viewers take for the end of a line and some terminals for a command. */
const UNSAFE = /[\u007f-\u009f\u2028\u2029]/g

/** @param host whom syslog messages are from */
export function formatOf(name: FormatName, host: string): EventFormat {
  switch (name) {
    case 'csv':
      return {
        contentType: 'text/csv; charset=utf-8',
        head: `${CSV_COLUMNS.join(',')}\r\n`,
        line: (event) => `${writeCsvRow(CSV_COLUMNS.map((column) => String(event[column] ?? '')))}\r\n`,
      }
    case 'jsonl':
      return { contentType: 'application/x-ndjson', head: '', line: (event) => `${writeJson(event)}\n` }
    case 'syslog':
      return {
        contentType: 'text/plain; charset=utf-8',
        head: '',
        line: (event) => `${writeSyslog(event, { host, message: writeJson(event) })}\n`,
      }
  }
}

/** The row as one line of JSON, its details as the object that they are, with every number as it was written. */
export function writeJson({ details, ...row }: EventRow): string {
  const text = `${JSON.stringify(row).slice(0, -1)},"details":${details}}`
  return text.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
