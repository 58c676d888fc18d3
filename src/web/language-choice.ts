import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Languages } from '../words/languages.ts'
import { isCrossSite } from './csrf.ts'
import { attributes, html } from './html.ts'
import type { Html } from './html.ts'
import type { SessionCookies } from './session-cookies.ts'
import { setCookie } from './set-cookie.ts'

/** This very page in one of the languages. */
export interface LanguageLink {
  readonly tag: string
  /** What speakers of it call it. */
  readonly name: string
  readonly href: string
}

export interface ChoiceParts {
  readonly languages: Languages
  readonly cookies: Pick<SessionCookies, 'names' | 'secure'>
  /** Origin of the host that was asked, from the settings. */
  readonly origin: string
}

/** The parameter by which a link to any page of ours chooses the language. */
const PARAMETER = 'lang'
/** As long as browsers keep a cookie. */
const KEPT_S = 34_560_000

/** Links to the page that was asked for, one a language, without its path, which may be a secret; none for a page that isn't got by its address alone. */
export function languageLinks(
  { all }: Languages,
  { method, url }: Pick<FastifyRequest, 'method' | 'url'>,
): readonly LanguageLink[] {
  if (method !== 'GET' || all.length < 2 || !isPlainPath(url)) return []
  const kept = withoutChoice(url).split('?').slice(1).join('?')
  return all.map(({ tag, endonym }) => {
    const href = `?${kept === '' ? '' : `${kept}&`}${PARAMETER}=${tag}`
    return { tag, name: endonym, href }
  })
}

/** The links at the foot of a page; nothing where there is no choice. */
export function languageChoice(label: string, current: string, links: readonly LanguageLink[]): Html | false {
  if (links.length === 0) return false
  const linkOf = ({ tag, name, href }: LanguageLink): Html => {
    const marks = { lang: tag, hreflang: tag, 'aria-current': tag === current ? 'true' : null }
    return html`<li><a href="${href}" rel="nofollow" ${attributes(marks)}>${name}</a></li>`
  }
  return html`<nav class="languages" aria-label="${label}">
    <ul>
      ${links.map(linkOf)}
    </ul>
  </nav>`
}

/**
 * Keeps the language that a link of ours chose, and leads to the same page without that choice in its address; null for
 * a request that chooses none. A link from elsewhere leads there as well, and changes nothing.
 */
export function keepLanguage(
  { languages, cookies, origin }: ChoiceParts,
  request: Pick<FastifyRequest, 'method' | 'url' | 'headers' | 'query'>,
  reply: FastifyReply,
): FastifyReply | null {
  const tag = (request.query as Readonly<Record<string, string>>)[PARAMETER]
  if (request.method !== 'GET' || tag === undefined || !isPlainPath(request.url)) return null
  const chosen = languages.find(tag)
  const secFetchSite = request.headers['sec-fetch-site']?.toString()
  if (chosen !== null && !isCrossSite({ origin: request.headers.origin, secFetchSite }, origin))
    setCookie(reply, { name: cookies.names.language, value: chosen.tag, secure: cookies.secure, maxAgeS: KEPT_S })
  return reply.redirect(withoutChoice(request.url), 303)
}

/** A path and query on this very host: not two slashes, nor what browsers turn into one. */
function isPlainPath(url: string): boolean {
  return /^\/(?!\/)[\x21\x24-\x3b\x3d\x3f-\x5b\x5d-\x7e]*$/.test(url)
}

function withoutChoice(url: string): string {
  const mark = url.indexOf('?')
  if (mark === -1) return url
  const kept = url
    .slice(mark + 1)
    .split('&')
    .filter((pair) => pair !== '' && nameOf(pair) !== PARAMETER)
  return kept.length === 0 ? url.slice(0, mark) : `${url.slice(0, mark)}?${kept.join('&')}`
}

/** As `readQuery` reads it. */
function nameOf(pair: string): string | null {
  try {
    return decodeURIComponent(pair.split('=', 1).join('').replaceAll('+', ' '))
  } catch {
    return null
  }
}
