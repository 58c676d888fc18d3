import { createHash } from 'node:crypto'
import { readHost } from '../lib/host.ts'
import { readTarget } from '../lib/target.ts'
import { effectivePort, indexedName, wildcardOf } from './host-index.ts'
import type { PolicyApp } from './policy.ts'

/** The picture of an app, as it is served. */
export interface AppIcon {
  readonly contentType: string
  readonly body: Buffer
  /** Of the content, so that it may be kept for ever under this name. */
  readonly digest: string
}

/** Where an app is opened. */
export interface CardUrl {
  readonly scheme: 'http' | 'https'
  readonly hostName: string
  readonly port: number
  /** Path and query. */
  readonly target: string
}

export const MAX_ICON_BYTES = 16_384
const IMAGE = /^data:(image\/(?:png|jpeg|webp|svg\+xml));base64,([A-Za-z0-9+/]+={0,2})$/
const URL_PARTS = /^(https?):\/\/([^/?#]+)(\/[^#]*)?$/
const MAX_URL_CHARACTERS = 2_048
/** Control characters, line breaks, lone surrogates, and what turns the direction of the text around it. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u
const CHARACTERS = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** What is wrong with a text for people, or null. */
export function cardTextMistake(text: string, most: number): string | null {
  if (text.trim() !== text || text === '' || CONTROLS.test(text)) return 'Is for people: one line without outer blanks.'
  return Array.from(text).length <= most ? null : `Has more than ${most} characters.`
}

/** What is wrong with an icon, or null. */
export function iconMistake(text: string): string | null {
  if (!text.startsWith('data:')) {
    const count = [...CHARACTERS.segment(text.slice(0, 64))].length
    const isLetter = cardTextMistake(text, 32) === null && count <= 2
    return isLetter ? null : 'Is one or two characters, or an image such as data:image/png;base64,…'
  }
  const icon = readIcon(text)
  if (icon === null) return 'Is no image: give data:image/png;base64,… with png, jpeg, webp or svg+xml.'
  return icon.body.length <= MAX_ICON_BYTES ? null : `Is larger than ${MAX_ICON_BYTES} bytes.`
}

/** The image, or null for letters and what is no image that we serve. */
export function readIcon(text: string): AppIcon | null {
  const [, contentType, base64 = ''] = IMAGE.exec(text) ?? []
  if (contentType === undefined) return null
  const body = Buffer.from(base64, 'base64')
  return { contentType, body, digest: createHash('sha256').update(body).digest('hex').slice(0, 32) }
}

/** What is wrong with the address where an app is opened, or null. */
export function cardUrlMistake(text: string): string | null {
  return readCardUrl(text) === null ? 'Is no address such as https://wiki.example.com/start.' : null
}

/** Null for what isn't one, or what a browser might read in another way than we do. */
export function readCardUrl(text: string): CardUrl | null {
  if (text.length > MAX_URL_CHARACTERS) return null
  const [, scheme, authority = '', target = '/'] = URL_PARTS.exec(text) ?? []
  const host = readHost(authority)
  if ((scheme !== 'http' && scheme !== 'https') || host === null) return null
  const read = readTarget(target)
  if (typeof read === 'string' || !read.utf8) return null
  return { scheme, hostName: host.name, port: host.port ?? (scheme === 'https' ? 443 : 80), target }
}

/** Whether an address is on one of the app's own hosts. */
export function isUrlOf(app: Pick<PolicyApp, 'hosts' | 'scheme' | 'port'>, text: string): boolean {
  const url = readCardUrl(text)
  if (url === null || url.scheme !== app.scheme || url.port !== effectivePort(app)) return false
  const names = new Set(app.hosts.map(indexedName))
  return names.has(url.hostName) || names.has(wildcardOf(url.hostName) ?? '')
}
