import type { EventRow } from './search-table.ts'

/** What a message says beside the fields of its event. */
export interface SyslogParts {
  /** Whom it is from. */
  readonly host: string
  /** What follows the fields; none where it is empty. */
  readonly message: string
}

/** "security/authorization messages" of RFC 5424, 6.2.1. */
const FACILITY = 10
const SEVERITIES: Readonly<Record<string, number>> = { success: 6, failure: 4 }
const WARNING = 4
/** The number that RFC 5612 keeps for examples; nobody else's fields have these names with it. */
const SD_ID = 'postern@32473'
const MAX_HOST = 255
const MAX_MSGID = 32
const NIL = '-'
const BOM = '\ufeff'
/** What could end a line, move a cursor or turn a text around. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/gu
/** Nearly every value, and cheaper to see than what would have to be changed. */
const PLAIN = /^[ !#-[^-~]*$/
const BEYOND_ASCII = /\P{ASCII}/u

const FIELDS = {
  id: 'id',
  seq: 'seq',
  type: 'event_type',
  action: 'action',
  resource: 'resource',
  result: 'result',
  actor: 'actor_login',
  actorId: 'actor_id',
  session: 'session_id',
  address: 'ip_address',
  userAgent: 'user_agent',
  requestId: 'request_id',
  risk: 'risk_score',
} as const satisfies Readonly<Record<string, keyof EventRow>>

/**
 * One message of RFC 5424 in one line: fields as structured data, without those that are empty. Control characters of
 * a field become U+FFFD, so that nothing that somebody typed begins a line of its own; the message holds them escaped.
 */
export function writeSyslog(event: EventRow, { host, message }: SyslogParts): string {
  const priority = FACILITY * 8 + (SEVERITIES[event.result] ?? WARNING)
  const head = [
    `<${priority}>1`,
    event.occurred_at,
    name(host, MAX_HOST),
    'postern',
    NIL,
    name(event.event_type, MAX_MSGID),
  ]
  const fields = Object.entries(FIELDS).flatMap(([field, column]) => {
    const value = event[column]
    return value === null || value === '' ? [] : [` ${field}="${escapeValue(String(value))}"`]
  })
  // A text that is UTF-8 begins with the mark, and one of ASCII needs none (RFC 5424, 6.4).
  const mark = BEYOND_ASCII.test(message) ? BOM : ''
  const text = message === '' ? '' : ` ${mark}${message}`
  return `${head.join(' ')} [${SD_ID}${fields.join('')}]${text}`
}

/** Of printable ASCII without blanks, which header fields are (RFC 5424, 6). */
function name(text: string, maxLength: number): string {
  return text.replace(/[^\x21-\x7e]/g, '').slice(0, maxLength) || NIL
}

/** RFC 5424, 6.3.3. */
function escapeValue(text: string): string {
  return PLAIN.test(text) ? text : text.replace(CONTROLS, '\ufffd').replace(/["\\\]]/g, '\\$&')
}
