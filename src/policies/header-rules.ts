import { nearest } from '../lib/nearest.ts'
import type { App } from './decision.ts'

/** What every app is told of its visitor (DESIGN 4.3), each header with its template. */
export const STANDARD_HEADERS = {
  'Remote-User': '{login}',
  'Remote-Email': '{email}',
  'Remote-Name': '{name}',
  'Remote-Groups': '{roles}',
  'Remote-User-Id': '{id}',
} as const

/** Names of the headers that every app gets, on every allow, empty for nobody. */
export const IDENTITY_HEADERS = Object.keys(STANDARD_HEADERS) as readonly (keyof typeof STANDARD_HEADERS)[]

/** Carries the signed assertion to apps that ask for one. */
export const ASSERTION_HEADER = 'X-Postern-Assertion'

/** What a template may say of the visitor; lists are comma separated. */
export const PLACEHOLDERS = ['login', 'email', 'name', 'roles', 'permissions', 'id', 'factors'] as const
export type Placeholder = (typeof PLACEHOLDERS)[number]

/** A template in its parts: literal text, and what stands for something known of the visitor. */
export type TemplatePart = { readonly literal: string } | { readonly placeholder: Placeholder }

/** `basic` is `{basic}`: the credentials of the Basic scheme, for apps that know nothing else. */
export type HeaderTemplate =
  | { readonly kind: 'basic' }
  | { readonly kind: 'text'; readonly parts: readonly TemplatePart[] }

/** The name as an app may see it that knows headers as variables: lower-case, every run of other characters a dash. */
export function foldHeaderName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '-')
}

/** Names of all headers that tell this app of its visitor, folded, ours included: what no client may send it. */
export function identityNames(app: Pick<App, 'identity'>): ReadonlySet<string> {
  return new Set([...IDENTITY_HEADERS, ASSERTION_HEADER, ...app.identity.headers.keys()].map(foldHeaderName))
}

/** A sentence that says why an app can't be told this under that name, or null when it can. */
export function headerMistake(name: string, template: string): string | null {
  return nameMistake(name) ?? templateMistake(name, template)
}

/**
 * A sentence when an app that knows headers as variables could not tell a name from one before it, else null.
 * @param before names of the same app that stand before this one
 */
export function doubledHeaderMistake(name: string, before: readonly string[]): string | null {
  const same = before.find((other) => foldHeaderName(other) === foldHeaderName(name))
  return same === undefined ? null : `"${shorten(name)}" is "${shorten(same)}" once more. Give each header once.`
}

/** A template's parts, or what is wrong with it, to be read after "the template". */
export function readTemplate(text: string): HeaderTemplate | string {
  if (text === '{basic}') return { kind: 'basic' }
  if (text.length > MAX_TEMPLATE) return `is longer than ${MAX_TEMPLATE} characters`
  if (!/^[\x20-\x7e]*$/.test(text)) return 'holds characters other than printable ASCII'
  if (text.trim() !== text) return 'begins or ends with a blank, which proxies cut off'
  const pieces = text.split(/(\{[^{}]*\})/)
  if (pieces.some((piece, place) => place % 2 === 0 && /[{}]/.test(piece)))
    return 'holds a brace without its other half'
  if (pieces.length === 1) return 'holds no placeholder, so that the app would take all visitors for the same one'
  const unknown = pieces.find((piece, place) => place % 2 === 1 && placeholderOf(piece) === null)
  if (unknown !== undefined) return unknownPlaceholder(unknown)
  return { kind: 'text', parts: pieces.filter((piece) => piece !== '').map(partOf) }
}

const MAX_TEMPLATE = 256
const MAX_NAME = 64
/** Without underscores and the like, which proxies drop or read as dashes. */
const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/i

/** Names that mean something to proxies, servers or apps themselves, apart from who the visitor is. */
const TAKEN = new Set([
  'accept',
  'age',
  'allow',
  'alt-svc',
  'authorization',
  'cache-control',
  'connection',
  'cookie',
  'date',
  'etag',
  'expect',
  'expires',
  'forwarded',
  'from',
  'host',
  'http2-settings',
  'keep-alive',
  'last-modified',
  'link',
  'location',
  'max-forwards',
  'method',
  'origin',
  'path',
  'pragma',
  'priority',
  'proxy',
  'range',
  'referer',
  'refresh',
  'retry-after',
  'server',
  'set-cookie',
  'status',
  'strict-transport-security',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'vary',
  'via',
  'www-authenticate',
  'x-host',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-real-ip',
  'x-requested-with',
  'x-rewrite-url',
])
/** nginx follows `X-Accel-…` and Envoy `X-Envoy-…` of the very answer that carries our headers. */
const TAKEN_PREFIXES = [
  'accept-',
  'access-control-',
  'content-',
  'if-',
  'proxy-',
  'sec-',
  'x-accel-',
  'x-envoy-',
  'x-forwarded-',
  'x-original-',
  'x-postern-',
]

function nameMistake(name: string): string | null {
  if (name.length > MAX_NAME || !NAME.test(name)) {
    return `"${shorten(name)}" can't be a header's name here. Use letters, digits and single dashes, at most ${MAX_NAME}, the first a letter.`
  }
  const folded = foldHeaderName(name)
  const own = IDENTITY_HEADERS.find((header) => foldHeaderName(header) === folded)
  if (own !== undefined) return `Every app gets "${own}" without being asked. Choose another name, or leave it out.`
  const isTaken = TAKEN.has(folded) || TAKEN_PREFIXES.some((prefix) => folded.startsWith(prefix))
  if (!isTaken || folded === 'authorization') return null
  return `"${name}" means something else to proxies and apps. Choose a name for this alone, such as X-WEBAUTH-USER.`
}

function templateMistake(name: string, text: string): string | null {
  const template = readTemplate(text)
  if (typeof template === 'string') return `The template "${shorten(text)}" ${template}.`
  const isAuthorization = foldHeaderName(name) === 'authorization'
  if (isAuthorization && template.kind !== 'basic') return `"${name}" takes "{basic}" and nothing else.`
  if (!isAuthorization && template.kind === 'basic')
    return '"{basic}" holds a password and goes into "Authorization" alone.'
  return null
}

function unknownPlaceholder(piece: string): string {
  if (piece === '{basic}') return 'has something beside "{basic}", which stands alone'
  const near = nearest(piece.slice(1, -1), PLACEHOLDERS)
  const all = PLACEHOLDERS.map((known) => `{${known}}`).join(' ')
  return `holds "${shorten(piece)}", which stands for nothing; did you mean {${near}}? All are ${all}`
}

function partOf(piece: string): TemplatePart {
  const placeholder = placeholderOf(piece)
  return placeholder === null ? { literal: piece } : { placeholder }
}

function placeholderOf(piece: string): Placeholder | null {
  return PLACEHOLDERS.find((known) => piece === `{${known}}`) ?? null
}

function shorten(text: string): string {
  return text.slice(0, MAX_NAME)
}
