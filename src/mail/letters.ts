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
const NOTICES = [
  'password_changed',
  'password_reset',
  'email_changed',
  'factor_added',
  'factor_removed',
  'factors_reset',
  'recovery_codes_renewed',
  'recovery_code_used',
  'passkey_copy_suspected',
  'new_device',
  'sign_in_stopped',
  'device_trusted',
  'api_token_created',
  'break_glass_used',
  'session_moved',
  'session_moved_ended',
  'many_networks',
  'sign_in_burst',
] as const satisfies readonly NoticeKind[]
const LINKS = ['reset', 'invitation', 'email_confirm', 'email_change_requested'] as const satisfies readonly MailKind[]
/** What doesn't tell of the reader's own account. */
const FOR_OTHERS: ReadonlySet<MailKind> = new Set(['break_glass_used', 'sign_in_burst'])

/** The letter of one mail. Subjects are seen in a list of mails without being opened, so they name nobody. */
export function letterOf(mail: LetterFacts): Letter {
  const { kind, words, host } = mail
  const subject = `${words.say(`mail.${kind}.subject`)} · ${host}`
  const lines = [words.say(`mail.${kind}.line`, valuesOf(mail))]
  const facts = factsOf(mail)
  if (isNotice(kind)) {
    const after = FOR_OTHERS.has(kind) ? [] : [words.say('mail.not_you')]
    return { subject, lines, facts, button: words.say('mail.button'), after }
  }
  const calm = kind === 'email_change_requested' ? [words.say(`mail.${kind}.calm`)] : []
  const after = [words.say(`mail.${kind}.after`)]
  return { subject, lines: [...lines, ...calm], facts, button: words.say(`mail.${kind}.button`), after }
}

/** True for what only tells of something. */
export function isNotice(kind: MailKind): kind is NoticeKind {
  return NOTICES.some((notice) => notice === kind)
}

/** Whether this version knows the mail: a newer one may have queued it. */
export function isMailKind(kind: string): kind is MailKind {
  return [...NOTICES, ...LINKS].some((known) => known === kind)
}

function factsOf({ kind, details, createdAt, host, words }: LetterFacts): Letter['facts'] {
  const at = [words.say('mail.at'), host] as const
  const by = textOf(details, 'by')
  if (kind === 'invitation') return by === '' ? [at] : [at, [words.say('mail.invited_by'), by]]
  const address = textOf(details, 'address')
  const userAgent = textOf(details, 'userAgent')
  return [
    at,
    [words.say('mail.when'), `${createdAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`],
    [words.say('mail.from'), address === '' ? words.say('mail.shell') : address],
    ...(userAgent === '' ? [] : [[words.say('mail.device'), deviceText(words, userAgent)] as const]),
  ]
}

function valuesOf({
  details,
  login,
  host,
  words,
}: LetterFacts): Record<'login' | 'host' | 'email' | 'about' | 'factor', string> {
  const factor = textOf(details, 'factor')
  return {
    login: login ?? '',
    host,
    email: textOf(details, 'email'),
    about: textOf(details, 'login'),
    factor: words.say(isFactor(factor) ? FACTORS[factor] : 'mail.factor_other'),
  }
}

function isFactor(name: string): name is keyof typeof FACTORS {
  return Object.hasOwn(FACTORS, name)
}

function textOf(details: Readonly<Record<string, unknown>>, name: string): string {
  const value = details[name]
  return typeof value === 'string' ? value : ''
}
