import { ownCopy } from '../../lib/own-copy.ts'

/** A request without a body whose every byte was understood. */
export interface ReadRequest {
  readonly method: 'GET' | 'HEAD'
  /** As on the request line. */
  readonly target: string
  /** Names and values in turn, as node:http gives them. */
  readonly rawHeaders: readonly string[]
  /** Where the next request begins. */
  readonly end: number
}

/**
 * Reads one request (RFC 9112) from a text of one character for each byte. `incomplete` wants more bytes; `unsure` is
 * whatever another reader could take for something else, or that asks for more than an answer.
 */
export type ReadRequestAt = (text: string, start: number) => ReadRequest | 'incomplete' | 'unsure'

/** What a header name is to the reader; `text` is the same text each time, so that it is hashed once. */
interface Name {
  readonly text: string
  readonly kind: 'host' | 'length' | 'connection' | 'other' | 'not_for_us'
}

const CRLF = '\r\n'
const VERSION = ' HTTP/1.1'
/** What a connection is without being told (RFC 9112, 9.3). */
const KEPT = 'keep-alive'
const TAB = 0x09
const SPACE = 0x20
const COLON = 0x3a
const DELETE = 0x7f

/** RFC 9110, 5.6.2; tried once for each name. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** What changes how a message or its connection is read, or asks for more than an answer. */
const NOT_FOR_US: ReadonlySet<string> = new Set([
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
/** Browsers and proxies have a few hundred names between them; one that is made up is looked at each time. */
const MAX_KNOWN = 1_000
/** Longer than any that is in use; a thousand of the longest possible would take 64 MB. */
const MAX_KNOWN_LENGTH = 64

/** Builds a reader, which remembers the names it has seen. */
export function createRequestReader(): ReadRequestAt {
  const readHeaders = createHeadersReader()
  return (text, start) => {
    const lineEnd = text.indexOf(CRLF, start)
    if (lineEnd === -1) return 'incomplete'
    const method = methodAt(text, start)
    if (method === null || !text.startsWith(VERSION, lineEnd - VERSION.length)) return 'unsure'
    const target = text.slice(start + method.length + 1, lineEnd - VERSION.length)
    const headers = readHeaders(text, lineEnd + CRLF.length)
    return typeof headers === 'string' ? headers : { method, target, ...headers }
  }
}

function methodAt(text: string, start: number): 'GET' | 'HEAD' | null {
  if (text.startsWith('GET ', start)) return 'GET'
  return text.startsWith('HEAD ', start) ? 'HEAD' : null
}

type ReadHeaders = (text: string, start: number) => Pick<ReadRequest, 'rawHeaders' | 'end'> | 'incomplete' | 'unsure'

/** A host exactly once, and at most once a length, of nothing (RFC 9112, 3.2 and 6.3). */
function createHeadersReader(): ReadHeaders {
  const names = createNames()
  return (text, start) => {
    const rawHeaders: string[] = []
    let hosts = 0
    let lengths = 0
    let at = start
    for (let place = 0; ; place++) {
      const lineEnd = text.indexOf(CRLF, at)
      if (lineEnd === -1) return 'incomplete'
      if (lineEnd === at) break
      const name = names(text, at, lineEnd, place)
      if (name === null || name.kind === 'not_for_us') return 'unsure'
      const colon = at + name.text.length
      const valueStart = text.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1
      if (!isPlainValue(text, valueStart, lineEnd)) return 'unsure'
      const value = text.slice(valueStart, lineEnd)
      if (name.kind === 'host') hosts += value === '' ? 2 : 1
      else if (name.kind === 'length') lengths += value === '0' ? 1 : 2
      else if (name.kind === 'connection' && value !== KEPT) return 'unsure'
      rawHeaders.push(name.text, value)
      at = lineEnd + CRLF.length
    }
    return hosts === 1 && lengths <= 1 ? { rawHeaders, end: at + CRLF.length } : 'unsure'
  }
}

/** Without control characters, a lone part of a line break among them, and without a blank that belongs to nobody. */
function isPlainValue(text: string, start: number, end: number): boolean {
  if (start === end) return true
  if (isBlank(text.charCodeAt(start)) || isBlank(text.charCodeAt(end - 1))) return false
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at)
    if ((code < SPACE && code !== TAB) || code === DELETE) return false
  }
  return true
}

/**
 * Finds the name of a header line, or null where there is none that is a token. What a proxy sends it sends in the same
 * order each time, so the name that stood at that place the last time is tried first.
 */
function createNames(): (text: string, start: number, lineEnd: number, place: number) => Name | null {
  const known = new Map<string, Name>()
  const last: Name[] = []
  return (text, start, lineEnd, place) => {
    const guess = last[place]
    if (guess !== undefined && isNameAt(guess.text, text, start)) return guess
    const colon = text.indexOf(':', start)
    const name = colon === -1 || colon > lineEnd ? '' : text.slice(start, colon)
    const found = known.get(name) ?? findName(name)
    if (found === null) return null
    if (name.length > MAX_KNOWN_LENGTH) return found
    if (known.size < MAX_KNOWN) known.set(found.text, found)
    if (place < MAX_KNOWN) last[place] = found
    return found
  }
}

function isNameAt(name: string, text: string, start: number): boolean {
  return text.charCodeAt(start + name.length) === COLON && text.startsWith(name, start)
}

/** What was cut out of a request would hold on to all of it, so the text is copied. */
function findName(name: string): Name | null {
  if (!TOKEN.test(name)) return null
  const text = ownCopy(name)
  return { text, kind: kindOf(text.toLowerCase()) }
}

function kindOf(name: string): Name['kind'] {
  if (name === 'host') return 'host'
  if (name === 'content-length') return 'length'
  if (name === 'connection') return 'connection'
  return NOT_FOR_US.has(name) ? 'not_for_us' : 'other'
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB
}
