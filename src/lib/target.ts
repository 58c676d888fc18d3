/** Why a request target is refused before any rule is asked. */
export type TargetFault =
  | 'target_too_long'
  | 'target_not_a_path'
  | 'bad_path_character'
  | 'bad_percent_encoding'
  | 'encoded_control'
  | 'bad_query_character'

/** Path and query of the original request, read strictly (DESIGN 4.4). */
export interface Target {
  /** The path as it was sent, from `/` up to the first `?`. */
  readonly path: string
  /** The query with its `?`, or an empty string. Only adds to what rules ask. */
  readonly query: string
  /** True when every server reads this path alike, but for a last `/` and a format such as `.json`. */
  readonly plain: boolean
  /** False for a path that isn't UTF-8 once decoded: only an app that reads ISO 8859-1 may get it. */
  readonly utf8: boolean
}

/** Path and query together, in bytes. */
export const MAX_TARGET_BYTES = 8192

const SPACE = 0x20
const HASH = 0x23
const PERCENT = 0x25
const DELETE = 0x7f
const BACKSLASH = 0x5c

/**
 * Small letters in which nothing can be decoded, folded or cut: dots only in front of a segment and inside the last
 * one, as `/x.php/y` is `/x.php` to some servers. Each character has one place in it, so the test is linear.
 */
const PLAIN_PATH = /^(?:\/\.?[a-z0-9_~@,-]+)*(?:\/|\.[a-z0-9_~@,-]+(?:\.[a-z0-9_~@,-]+)*)?$/

/**
 * Reads the target of the original request line.
 * @param text as a header of node:http gives it: one character for each byte
 */
export function readTarget(text: string): Target | TargetFault {
  if (text.length > MAX_TARGET_BYTES) return 'target_too_long'
  if (!text.startsWith('/')) return 'target_not_a_path'
  const mark = text.indexOf('?')
  const path = mark === -1 ? text : text.slice(0, mark)
  const query = mark === -1 ? '' : text.slice(mark)
  const plain = PLAIN_PATH.test(path)
  const fault = (plain ? null : pathFault(path)) ?? (hasOnlyQueryCharacters(query) ? null : 'bad_query_character')
  return fault ?? { path, query, plain, utf8: plain || isUtf8WhenDecoded(path) }
}

function pathFault(path: string): TargetFault | null {
  for (let index = 0; index < path.length; index++) {
    const code = path.charCodeAt(index)
    if (!isPathCharacter(code)) return 'bad_path_character'
    if (code !== PERCENT) continue
    const byte = hexValue(path.charCodeAt(index + 1)) * 16 + hexValue(path.charCodeAt(index + 2))
    if (Number.isNaN(byte)) return 'bad_percent_encoding'
    if (byte < SPACE || byte === DELETE) return 'encoded_control'
  }
  return null
}

/** What no honest client sends raw in a path is left out; see DESIGN 4.4. */
function isPathCharacter(code: number): boolean {
  if (code <= SPACE || code >= DELETE) return false
  switch (code) {
    case 0x22:
    case HASH:
    case 0x3c:
    case 0x3e:
    case BACKSLASH:
    case 0x5e:
    case 0x60:
      return false
    default:
      return true
  }
}

function hasOnlyQueryCharacters(query: string): boolean {
  for (let index = 0; index < query.length; index++) {
    const code = query.charCodeAt(index)
    if (code <= SPACE || code >= DELETE || code === HASH) return false
  }
  return true
}

function hexValue(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : Number.NaN
}

function isUtf8WhenDecoded(path: string): boolean {
  if (!path.includes('%')) return true
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}
