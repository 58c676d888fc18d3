import { PosternError } from '../errors.ts'

/** The fields of a body as they came; `bodySchema` decides which may be there. */
export type Fields = Readonly<Record<string, unknown>>

const MAX_DEPTH = 20
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor'])

/**
 * The object in a JSON body, for which every reader would give the same: valid UTF-8 without a byte order mark, no key
 * twice in one object, none that means something to JavaScript, no NUL or lone surrogate in a text, 20 levels at most.
 * @throws PosternError `bad_request`
 */
export function readJson(body: Uint8Array): Fields {
  const text = decodeUtf8(body)
  const value = parse(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad('the body is no JSON object')
  checkTokens(text)
  return value as Fields
}

/** Text of UTF-8 bytes; a byte order mark stays in it. @throws PosternError `bad_request` */
export function decodeUtf8(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch (cause) {
    throw bad('the body is no UTF-8', cause)
  }
}

/** Refuses what no keyboard makes and stores disagree about. @throws PosternError `bad_request` */
export function checkText(text: string): void {
  if (text.includes('\0')) throw bad('a NUL in the body')
  if (!text.isWellFormed()) throw bad('a lone surrogate in the body')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw bad('the body is no JSON', cause)
  }
}

// Looks only at what JSON.parse hides, so it may rely on the text being JSON. Keys are what stands before a colon.
function checkTokens(text: string): void {
  const objects: Set<string>[] = []
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '{' || character === '[') {
      if (objects.push(new Set()) > MAX_DEPTH) throw bad(`JSON of more than ${MAX_DEPTH} levels`)
    } else if (character === '}' || character === ']') objects.pop()
    else if (character === '"') {
      const end = endOfString(text, at)
      checkString(text.slice(at, end), isKeyBefore(text, end) ? objects.at(-1) : undefined)
      at = end - 1
    }
  }
}

function checkString(token: string, siblings: Set<string> | undefined): void {
  const value = JSON.parse(token) as string
  checkText(value)
  if (siblings === undefined) return
  if (FORBIDDEN_KEYS.has(value) || siblings.has(value)) throw bad('a key that is doubled or not allowed')
  siblings.add(value)
}

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

function isKeyBefore(text: string, from: number): boolean {
  let at = from
  while (' \t\n\r'.includes(text[at] ?? '.')) at++
  return text[at] === ':'
}

function bad(detail: string, cause?: unknown): PosternError {
  return new PosternError('bad_request', detail, { cause })
}
