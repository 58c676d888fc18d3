import { deviceText } from '../web/device-text.ts'
import type { WordName, Words } from '../words/words.ts'
import type { NoticeKind } from './outbox.ts'

/** Every mail there is: notices, and those that bring a link. */
export type MailKind = NoticeKind | 'reset' | 'invitation' | 'email_confirm' | 'email_change_requested'

/** What a mail says, before it is text or HTML. */
export interface Letter {
  readonly subject: string
  readonly lines: readonly string[]
  readonly facts: readonly (readonly [term: string, value: string])[]
  readonly button: string
  readonly after: readonly string[]
}

/** What a mail is written from. Each text was stored by us: no mail repeats what a stranger typed. */
export interface LetterFacts {
  readonly kind: MailKind
  readonly details: Readonly<Record<string, unknown>>
  readonly login: string | null
  readonly createdAt: Date
  /** Host of the portal. */
  readonly host: string
  readonly words: Words
}

const FACTORS = {
  totp: 'mail.factor_totp',
  webauthn: 'mail.factor_webauthn',
  recovery: 'mail.factor_recovery',
} as const satisfies Record<string, WordName>
/**
 * Whom each notice is for: its reader, who is told what to do if it wasn't him (`alarm`) or needn't be, since nobody but
 * administrators can do it (`calm`), or those who look after others.
 */
const NOTICES: Readonly<Record<NoticeKind, 'alarm' | 'calm' | 'others'>> = {
  password_changed: 'alarm',
  password_reset: 'alarm',
  email_changed: 'alarm',
  factor_added: 'alarm',
  factor_removed: 'alarm',
  factors_reset: 'alarm',
  recovery_codes_renewed: 'alarm',
  recovery_code_used: 'alarm',
  passkey_copy_suspected: 'alarm',
  new_device: 'alarm',
  sign_in_stopped: 'alarm',
  device_trusted: 'alarm',
  api_token_created: 'alarm',
  break_glass_used: 'others',
  session_moved: 'alarm',
  session_moved_ended: 'alarm',
  many_networks: 'alarm',
  sign_in_burst: 'others',
  role_granted: 'calm',
  grant_revoked: 'calm',
  grant_expired: 'calm',
}
const LINKS: Readonly<Record<Exclude<MailKind, NoticeKind>, true>> = {
  reset: true,
  invitation: true,
  email_confirm: true,
  email_change_requested: true,
}

/** The letter of one mail. Subjects are seen in a list of mails without being opened, so they name nobody. */
export function letterOf(mail: LetterFacts): Letter {
  const { kind, words, host } = mail
  const subject = `${words.say(`mail.${kind}.subject`)} · ${host}`
  const lines = [words.say(`mail.${kind}.line`, valuesOf(mail))]
  const facts = factsOf(mail)
  if (isNotice(kind)) {
    const after = NOTICES[kind] === 'alarm' ? [words.say('mail.not_you')] : []
    return { subject, lines, facts, button: words.say('mail.button'), after }
  }
  const calm = kind === 'email_change_requested' ? [words.say(`mail.${kind}.calm`)] : []
  const after = [words.say(`mail.${kind}.after`)]
  return { subject, lines: [...lines, ...calm], facts, button: words.say(`mail.${kind}.button`), after }
}

/** True for what only tells of something. */
export function isNotice(kind: MailKind): kind is NoticeKind {
  return Object.hasOwn(NOTICES, kind)
}

/** Whether this version knows the mail: a newer one may have queued it. */
export function isMailKind(kind: string): kind is MailKind {
  return Object.hasOwn(NOTICES, kind) || Object.hasOwn(LINKS, kind)
}

function factsOf({ kind, details, createdAt, host, words }: LetterFacts): Letter['facts'] {
  const at = [words.say('mail.at'), host] as const
  const by = textOf(details, 'by')
  if (kind === 'invitation') return by === '' ? [at] : [at, [words.say('mail.invited_by'), by]]
  const address = textOf(details, 'address')
  const userAgent = textOf(details, 'userAgent')
  return [
    at,
    [words.say('mail.when'), minuteOf(createdAt.toISOString())],
    [words.say('mail.from'), address === '' ? words.say('mail.shell') : address],
    ...(userAgent === '' ? [] : [[words.say('mail.device'), deviceText(words, userAgent)] as const]),
  ]
}

type Place = 'login' | 'host' | 'email' | 'about' | 'factor' | 'role' | 'until'

function valuesOf({ details, login, host, words }: LetterFacts): Record<Place, string> {
  const factor = textOf(details, 'factor')
  return {
    login: login ?? '',
    host,
    email: textOf(details, 'email'),
    about: textOf(details, 'login'),
    role: textOf(details, 'role'),
    until: minuteOf(textOf(details, 'until')),
    factor: words.say(isFactor(factor) ? FACTORS[factor] : 'mail.factor_other'),
  }
}

/** @param time ISO 8601 in UTC */
function minuteOf(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')} UTC`
}

function isFactor(name: string): name is keyof typeof FACTORS {
  return Object.hasOwn(FACTORS, name)
}

function textOf(details: Readonly<Record<string, unknown>>, name: string): string {
  const value = details[name]
  return typeof value === 'string' ? value : ''
}
