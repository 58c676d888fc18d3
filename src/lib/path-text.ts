import { Buffer } from 'node:buffer'

/** What percent-encoding a path may use for bytes beyond ASCII. */
export type PathBytes = 'utf8' | 'latin1'

const ESCAPES = /(?:%[0-9A-Fa-f]{2})+/g

const ESCAPE_LENGTH = 3
const NOT_ASCII = 0x80

/** Once decoded, these could end a segment, begin a parameter or a query, or be an escape themselves. */
const STRUCTURAL = /[/\\%;?#]/g

/**
 * The text of a path that was read strictly: every escape decoded but for those of `/ \ % ; ? #`, which stay, in
 * capital letters; composed by NFC. What only differs in how unreserved characters are escaped gives the same text
 * (RFC 3986, 6.2.2).
 */
export function pathText(path: string, bytes: PathBytes = 'utf8'): string {
  const text = path.replace(ESCAPES, (run) => decodeRun(run, bytes).replace(STRUCTURAL, escape))
  return isAscii(text) ? text : text.normalize('NFC')
}

/** Every escape decoded once more; what isn't an escape stays, what isn't UTF-8 becomes U+FFFD. */
export function decodeOnceMore(text: string): string {
  return text.replace(ESCAPES, (run) => decodeRun(run, 'utf8'))
}

/** True where no character is beyond ASCII, so that no Unicode form can differ. */
export function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return false
  return true
}

/** One ASCII byte, which is most of what comes, costs a tenth of what a buffer does. */
function decodeRun(run: string, bytes: PathBytes): string {
  const byte = run.length === ESCAPE_LENGTH ? Number.parseInt(run.slice(1), 16) : NOT_ASCII
  if (byte < NOT_ASCII) return String.fromCharCode(byte)
  return Buffer.from(run.replaceAll('%', ''), 'hex').toString(bytes)
}

/** @param character of ASCII */
function escape(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}
