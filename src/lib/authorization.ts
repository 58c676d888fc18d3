import { API_TOKEN_PREFIX } from './tokens.ts'

/** What an `Authorization` header gives us to check; a token that came by Basic names its owner beside it, or nobody. */
export type Authorization =
  | { readonly kind: 'token'; readonly token: string; readonly login: string | null }
  | { readonly kind: 'password'; readonly login: string; readonly password: string }

/** As most clients write it. */
const USUAL = `Bearer ${API_TOKEN_PREFIX}`
const BEARER = /^bearer[ \t]+(pst_.*)$/is
const BASIC = /^basic[ \t]+([A-Za-z0-9+/]+={0,2})$/i
/** A login and 1,024 code points of four bytes each, as base64 has them, with room to spare. */
const MAX_BASIC_LENGTH = 8_192

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const CONTROL = /\p{Cc}/u

/**
 * Reads one value of an `Authorization` header. Null for what is an app's own to read: other schemes, bearer tokens that
 * don't look like ours, and what isn't Basic by RFC 7617. What looks like ours is ours, whatever follows.
 */
export function readAuthorization(value: string): Authorization | null {
  if (value.startsWith(USUAL)) return { kind: 'token', token: value.slice('Bearer '.length), login: null }
  const [, token] = BEARER.exec(value) ?? []
  if (token !== undefined) return { kind: 'token', token, login: null }
  const pair = value.length > MAX_BASIC_LENGTH ? null : readPair(BASIC.exec(value)?.[1] ?? '')
  if (pair === null) return null
  const { login, password } = pair
  if (!password.startsWith(API_TOKEN_PREFIX)) return { kind: 'password', login, password }
  return { kind: 'token', token: password, login: login === '' ? null : login }
}

/** Exactly one spelling, UTF-8 without control characters (RFC 7617, 2). */
function readPair(encoded: string): { login: string; password: string } | null {
  const bytes = Buffer.from(encoded, 'base64')
  if (encoded === '' || bytes.toString('base64') !== encoded) return null
  const text = decode(bytes)
  const colon = text?.indexOf(':') ?? -1
  if (text === null || colon === -1 || CONTROL.test(text)) return null
  return { login: text.slice(0, colon), password: text.slice(colon + 1) }
}

function decode(bytes: Buffer): string | null {
  try {
    return UTF8.decode(bytes)
  } catch {
    return null
  }
}
