import { Mistake } from './values.ts'

/** Where mails are handed over. Holds a password, so it is never shown. */
export interface SmtpAddress {
  readonly host: string
  readonly port: number
  /** `tls` from the first byte, `starttls` before anything is said, `none` where nothing leaves the machine. */
  readonly security: 'tls' | 'starttls' | 'none'
  readonly user: string | null
  readonly password: string | null
}

/** Who mails are from. */
export interface MailFrom {
  readonly name: string
  readonly address: string
}

const URL_PATTERN = /^smtp(s?):\/\/(?:([^@/?#]*)@)?(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+))(?::(\d{1,5}))?\/?$/i
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/i
const PORTS = { tls: 465, starttls: 587, none: 25 } as const
const ADDRESS = /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/i
const EXPECTED =
  'expects smtps://user:password@host:465 or smtp://user:password@host:587, user and password percent-encoded'

/** Reads a URL with TLS from the first byte, or with STARTTLS, which is demanded unless the host is this machine. */
export function smtpAddress(value: string): SmtpAddress | Mistake {
  const [matched, tls, userInfo, v6, name, digits] = URL_PATTERN.exec(value) ?? []
  const host = v6 ?? name
  const user = readUser(userInfo)
  if (matched === undefined || host === undefined || user === null) return new Mistake(EXPECTED)
  const security = tls !== '' ? 'tls' : LOOPBACK.test(host) ? 'none' : 'starttls'
  const port = digits === undefined ? PORTS[security] : Number(digits)
  return port < 1 || port > 65_535 ? new Mistake(EXPECTED) : { host, port, security, ...user }
}

/** `auth@example.com` or `Example sign-in <auth@example.com>`. */
export function mailFrom(value: string): MailFrom | Mistake {
  const [, name = '', inBrackets] = /^([^<>"\\\p{C}]*) <([^<>]*)>$/u.exec(value) ?? []
  const address = inBrackets ?? value
  if (!ADDRESS.test(address)) return new Mistake('expects auth@example.com or Example sign-in <auth@example.com>')
  return { name: name.trim(), address }
}

function readUser(text: string | undefined): Pick<SmtpAddress, 'user' | 'password'> | null {
  if (text === undefined) return { user: null, password: null }
  const [, user, password] = /^([^:]+):([^:]+)$/.exec(text) ?? []
  if (user === undefined || password === undefined) return null
  try {
    return { user: decodeURIComponent(user), password: decodeURIComponent(password) }
  } catch {
    return null
  }
}
