import { describeDevice } from '../lib/device.ts'
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
}

const FACTORS: Readonly<Record<string, string>> = {
  totp: 'an authenticator app',
  webauthn: 'a passkey or security key',
  recovery: 'recovery codes',
}
const NOT_YOU = "If that wasn't you, reset your password at once and tell your administrator."
const NOTICES: Readonly<Record<NoticeKind, readonly [subject: string, line: string]>> = {
  password_changed: [
    'Your password was changed',
    'The password of your account {login} was changed. All other sessions ended. API tokens still work: end them at {host}, under API tokens.',
  ],
  password_reset: [
    'Your password was reset',
    'The password of your account {login} was set by a reset link. All sessions ended. API tokens still work: end them at {host}, under API tokens.',
  ],
  email_changed: [
    'Your e-mail address was changed',
    'The e-mail address of your account {login} was changed. Mails go to the new one from now on.',
  ],
  factor_added: ['A second factor was added', '{Factor} was added to your account {login}.'],
  factor_removed: ['A second factor was removed', '{Factor} was removed from your account {login}.'],
  factors_reset: [
    'Your second factors were removed',
    'An administrator removed all second factors of your account {login}.',
  ],
  recovery_codes_renewed: [
    'You have new recovery codes',
    'Your account {login} has new recovery codes. Those before are void.',
  ],
  recovery_code_used: [
    'A recovery code was used',
    'Somebody signed in to your account {login} with a recovery code. It is used up.',
  ],
  passkey_copy_suspected: [
    'A passkey may have been copied',
    'A passkey of your account {login} answered in a way that only a copy of it would. It was refused. Remove it at {host}, under second factors, and add another.',
  ],
  new_device: [
    'A new device signed in',
    'Somebody signed in to your account {login} on a device that we had not seen before.',
  ],
  sign_in_stopped: [
    'A sign-in was stopped',
    'Somebody knew the password of your account {login}, but the sign-in was stopped because it looked unusual.',
  ],
  device_trusted: [
    'A device is remembered',
    'A device need not give the second factor of your account {login} for a while.',
  ],
  api_token_created: [
    'An API token was made',
    'An API token was made for your account {login}. Programs can act for you with it.',
  ],
  role_granted: [
    'You were given a role for a while',
    'Your account {login} has the role {role} until {until}. It ends by itself.',
  ],
  grant_revoked: [
    'A role of yours was ended',
    'Your account {login} had the role {role} for a while. It was ended before its time.',
  ],
  grant_expired: ['A role of yours ran out', 'Your account {login} had the role {role} for a while. That is over.'],
  break_glass_used: ['An emergency account was used', 'Somebody signed in with the emergency account {about}.'],
  session_moved: [
    'Was this you?',
    'A session of your account {login} went on from another network and another device at once. If that was you, do nothing. If not, end the session: at {host}, under sessions.',
  ],
  session_moved_ended: [
    'A session was ended',
    'A session of your account {login} came from another network and another device at once, as a stolen one would. It was ended: sign in again.',
  ],
  many_networks: [
    'Your account was used from many networks',
    'Your account {login} was used from more networks within an hour than one person comes to. Look where you are signed in, and end what you do not know.',
  ],
  sign_in_burst: [
    'Many sign-ins fail',
    'Sign-ins fail for far more names than usual, as when somebody tries stolen passwords. The audit log has the numbers: postern audit search --type anomaly_sign_in_burst.',
  ],
}
/** What doesn't tell of the reader's own account. */
const FOR_OTHERS: ReadonlySet<MailKind> = new Set(['break_glass_used', 'sign_in_burst'])
/** What nobody but administrators can do, and so needs no alarm. */
const NO_ALARM: ReadonlySet<MailKind> = new Set(['role_granted', 'grant_revoked', 'grant_expired'])
/** Seen in a list of mails without being opened, so subjects name nobody. */
const LINKS: Readonly<Record<Exclude<MailKind, NoticeKind>, Omit<Letter, 'facts'>>> = {
  reset: {
    subject: 'Set a new password',
    lines: ['Somebody asked for a new password for your account {login}. The link works once, for 30 minutes.'],
    button: 'Set a new password',
    after: ['If you did not ask for it, do nothing: without the link nothing changes.'],
  },
  invitation: {
    subject: 'You are invited',
    lines: ['You are invited to make an account at {host}. The link works once.'],
    button: 'Make your account',
    after: ['If you did not expect this, do nothing.'],
  },
  email_confirm: {
    subject: 'Confirm your e-mail address',
    lines: ['Confirm that mails for the account {login} reach you at this address. The link works once, for 24 hours.'],
    button: 'Confirm this address',
    after: ['If you did not ask for it, do nothing.'],
  },
  email_change_requested: {
    subject: 'Your e-mail address is about to change',
    lines: [
      'Somebody signed in as {login} asked to have mails sent to {email} in place of this address.',
      'If that was you, do nothing here: a mail with a link went to the new address.',
    ],
    button: "That wasn't me: stop it",
    after: ['The link also takes the change back for 3 days after it was made, and ends all sessions.'],
  },
}

/** The letter of one mail. */
export function letterOf(mail: LetterFacts): Letter {
  const facts = factsOf(mail)
  const fill = (text: string): string => fillIn(text, mail)
  if (!isNotice(mail.kind)) {
    const { subject, lines, button, after } = LINKS[mail.kind]
    return { subject: `${subject} · ${mail.host}`, lines: lines.map(fill), facts, button, after }
  }
  const [subject, line] = NOTICES[mail.kind]
  const after = FOR_OTHERS.has(mail.kind) || NO_ALARM.has(mail.kind) ? [] : [NOT_YOU]
  return {
    subject: `${subject} · ${mail.host}`,
    lines: [fill(line)],
    facts,
    button: 'See where you are signed in',
    after,
  }
}

/** True for what only tells of something. */
export function isNotice(kind: MailKind): kind is NoticeKind {
  return Object.hasOwn(NOTICES, kind)
}

/** Whether this version knows the mail: a newer one may have queued it. */
export function isMailKind(kind: string): kind is MailKind {
  return Object.hasOwn(NOTICES, kind) || Object.hasOwn(LINKS, kind)
}

function factsOf({ kind, details, createdAt, host }: LetterFacts): Letter['facts'] {
  const when = minuteOf(createdAt.toISOString())
  const by = textOf(details, 'by')
  if (kind === 'invitation') return [['At', host], ...(by === '' ? [] : [['Invited by', by] as const])]
  const address = textOf(details, 'address')
  const userAgent = textOf(details, 'userAgent')
  return [
    ['At', host],
    ['When', when],
    ['From', address === '' ? 'the command line' : address],
    ...(userAgent === '' ? [] : [['Device', describeDevice(userAgent)] as const]),
  ]
}

function fillIn(text: string, { details, login, host }: LetterFacts): string {
  const factor = FACTORS[textOf(details, 'factor')] ?? 'a second factor'
  const values: Readonly<Record<string, string>> = {
    login: login ?? '',
    host,
    email: textOf(details, 'email'),
    about: textOf(details, 'login'),
    role: textOf(details, 'role'),
    until: minuteOf(textOf(details, 'until')),
    Factor: factor.charAt(0).toUpperCase() + factor.slice(1),
  }
  return text.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '')
}

/** @param time ISO 8601 in UTC */
function minuteOf(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')} UTC`
}

function textOf(details: Readonly<Record<string, unknown>>, name: string): string {
  const value = details[name]
  return typeof value === 'string' ? value : ''
}
