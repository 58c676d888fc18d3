import type { Log } from '../observe/log.ts'
import type { Database } from '../store/database.ts'
import type { Look } from '../web/look.ts'
import { isMailKind, letterOf } from './letters.ts'
import type { MailKind } from './letters.ts'
import { CLAIM_MAIL, COUNT_WAITING, DROP_MAIL, MARK_SENT, POSTPONE_MAIL } from './outbox-table.ts'
import type { WaitingRow } from './outbox-table.ts'
import type { Transport } from './smtp.ts'
import { writeHtml, writeText } from './write-mail.ts'

/** A mail whose link is to be made. */
export interface WaitingMail extends Omit<WaitingRow, 'kind' | 'recipient'> {
  readonly kind: MailKind
  readonly recipient: string
}

export type SendOutcome = 'sent' | 'failed' | 'given_up' | 'dropped'

export interface SenderParts {
  readonly database: Database
  readonly transport: Transport
  readonly publicUrl: URL
  readonly look: Pick<Look, 'languages' | 'name' | 'mailAccent'>
  /** The link of a mail, made anew each time it is tried; null when there is nothing to send any more. */
  readonly linkFor: (mail: WaitingMail) => Promise<string | null>
  readonly log: Pick<Log, 'info' | 'warn'>
  readonly onOutcome: (outcome: SendOutcome) => void
}

/** Longer than the transport may take, so that no other process sends the same mail meanwhile. */
const LEASE_MS = 5 * 60_000
const GIVE_UP_MS = 86_400_000
const FIRST_WAIT_MS = 30_000
const MAX_WAIT_MS = 3_600_000
const MAX_ERROR = 300

/**
 * Sends what is due, one mail after the other, until nothing is left.
 * @param signal ends it after the mail under way
 * @returns how many wait for another try
 */
export async function sendWaiting(parts: SenderParts, signal: AbortSignal): Promise<number> {
  while (!signal.aborted) {
    const [row] = await parts.database.query(CLAIM_MAIL, LEASE_MS, GIVE_UP_MS)
    if (row === undefined) break
    parts.onOutcome(await sendOne(parts, row))
  }
  const [count] = await parts.database.query(COUNT_WAITING)
  return count?.waiting ?? 0
}

async function sendOne(parts: SenderParts, row: WaitingRow): Promise<SendOutcome> {
  const { database } = parts
  const { id, kind, recipient } = row
  if (recipient === null || !isMailKind(kind)) return drop(parts, id)
  if (row.is_overdue) return giveUp(parts, row, row.last_error ?? 'it was not due before')
  try {
    const link = await parts.linkFor({ ...row, kind, recipient })
    if (link === null) return await drop(parts, id)
    const sent = await parts.transport.send({ id, to: recipient, ...write(parts, row, kind, link) })
    if (sent.kind === 'refused') return await giveUp(parts, row, sent.why)
    await database.query(MARK_SENT, id)
    return 'sent'
  } catch (error) {
    const why = (error instanceof Error ? error.message : String(error)).slice(0, MAX_ERROR)
    parts.log.warn({ mail: id, kind, attempts: row.attempts, why }, 'a mail could not be sent yet')
    await database.query(POSTPONE_MAIL, id, waitAfter(row.attempts), why)
    return 'failed'
  }
}

function write(
  { publicUrl, look }: SenderParts,
  { details, login, language, created_at: createdAt }: WaitingRow,
  kind: MailKind,
  link: string,
): { subject: string; text: string; html: string } {
  const words = look.languages.choose(language, undefined)
  const letter = letterOf({ kind, details, login, createdAt, host: publicUrl.host, words })
  const writer = { name: look.name, accent: look.mailAccent, language: words.tag }
  return { subject: letter.subject, text: writeText(letter, link, writer), html: writeHtml(letter, link, writer) }
}

async function drop({ database }: SenderParts, id: string): Promise<SendOutcome> {
  await database.query(DROP_MAIL, id)
  return 'dropped'
}

async function giveUp(parts: SenderParts, { id, kind, user_id: userId, attempts }: WaitingRow, why: string) {
  parts.log.warn({ mail: id, kind, userId, attempts, why: why.slice(0, MAX_ERROR) }, 'a mail was given up')
  await parts.database.query(DROP_MAIL, id)
  return 'given_up' as const
}

/** 30 seconds after the first try, twice as long after each further one, at most an hour. */
function waitAfter(attempts: number): number {
  return Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempts - 1, 10))
}
