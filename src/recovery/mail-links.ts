import type { KeyRing } from '../lib/key-ring.ts'
import { isNotice } from '../mail/letters.ts'
import { COUNT_SENT_LATELY } from '../mail/outbox-table.ts'
import type { WaitingMail } from '../mail/sender.ts'
import type { Database } from '../store/database.ts'
import { renewInvitation } from './invitations.ts'
import { mintLink } from './user-links.ts'
import type { LinkPurpose } from './user-links.ts'
import { PROLONG_MAILED_RESET } from './user-links-table.ts'

export interface MailLinkParts {
  readonly database: Database
  readonly keys: KeyRing
  readonly publicUrl: URL
}

/** So many mails of one kind an hour reach one person, whoever asks for them. */
const MOST_PER_HOUR = 5
const MINUTE_MS = 60_000
const RESET_LIFE_MS = 30 * MINUTE_MS
const EMAIL_LIFE_MS = 24 * 60 * MINUTE_MS
const EMAIL_STOP_LIFE_MS = 3 * EMAIL_LIFE_MS

/**
 * Makes the link of a mail that is about to be sent; null when there is nothing to send any more. A reset link voids
 * none: anybody may ask for it, and must not take away what somebody else was given. All die by the first that is used.
 */
export function createMailLinks(parts: MailLinkParts): (mail: WaitingMail) => Promise<string | null> {
  const { database, keys, publicUrl } = parts
  return async (mail) => {
    const { kind, user_id: userId, details } = mail
    if (isNotice(kind)) return linkTo(publicUrl, 'account/sessions')
    if (kind === 'invitation') {
      const token = await renewInvitation(database, keys, textOf(details, 'id'))
      return token === null ? null : linkTo(publicUrl, `invite/${token}`)
    }
    if (userId === null) return null
    if (await isTooMuch(database, userId, kind)) {
      // Whoever asked first may have been a stranger; what came last must then do for the owner.
      if (kind === 'reset') await database.query(PROLONG_MAILED_RESET, userId, RESET_LIFE_MS)
      return null
    }
    const mint = async (purpose: LinkPurpose, lifeMs: number, path: string): Promise<string | null> => {
      const more = { ...moreOf(details), byMail: 'yes' }
      const link = { purpose, userId, lifeMs, keepsOthers: purpose === 'reset', more }
      const token = await database.transaction((tx) => mintLink(tx, keys, link))
      return token === null ? null : linkTo(publicUrl, `${path}/${token}`)
    }
    if (kind === 'reset') return mint('reset', RESET_LIFE_MS, 'reset')
    if (kind === 'email_confirm') return mint('email', EMAIL_LIFE_MS, 'account/email/confirm')
    return mint('email_stop', EMAIL_STOP_LIFE_MS, 'account/email/stop')
  }
}

/** Below the configured public URL and nothing else, whatever host a request named. */
export function linkTo(publicUrl: URL, path: string): string {
  return `${publicUrl.origin}${publicUrl.pathname.replace(/\/$/, '')}/${path}`
}

async function isTooMuch(database: Database, userId: string, kind: string): Promise<boolean> {
  const [row] = await database.query(COUNT_SENT_LATELY, userId, kind)
  return (row?.sent ?? 0) >= MOST_PER_HOUR
}

/** What the use of a link needs to know: the addresses that a change is about. */
function moreOf(details: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const pairs = ['email', 'from'].map((name) => [name, textOf(details, name)] as const)
  return Object.fromEntries(pairs.filter(([, value]) => value !== ''))
}

function textOf(details: Readonly<Record<string, unknown>>, name: string): string {
  const value = details[name]
  return typeof value === 'string' ? value : ''
}
