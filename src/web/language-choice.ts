import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Languages } from '../words/languages.ts'
import { isCrossSite } from './csrf.ts'
import type { Entrance, Entrances } from './entrance.ts'
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
  readonly look: { readonly languages: Languages }
  readonly cookies: Pick<SessionCookies, 'names' | 'secure'>
  readonly entrances: Entrances
}

/** The parameter by which a link to any page of ours chooses the language. */
const PARAMETER = 'lang'
/** As long as browsers keep a cookie. */
const KEPT_S = 34_560_000

/**
 * Links to the page that was asked for, one a language, without its path, which may be a secret; none for a page that
 * isn't got by its address alone. Of its query they keep what leads on from there.
 */
export function languageLinks(
  { all }: Languages,
  { method, url }: Pick<FastifyRequest, 'method' | 'url'>,
): readonly LanguageLink[] {
  if (method !== 'GET' || all.length < 2 || !isPlainPath(url)) return []
  const kept = withoutChoice(url).split('?').slice(1).join('?').split('&').filter(isPlainPair).join('&')
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
 * Lets a link to any page choose the language: it is kept, and leads to the same page without the choice in its address.
 * A link from elsewhere leads there as well, and changes nothing.
 */
export function followLanguageLinks(app: FastifyInstance, { look, cookies, entrances }: ChoiceParts): void {
  app.addHook('preHandler', async (request, reply) => {
    const entrance = entrances.of(request.raw)
    const tag = (request.query as Readonly<Record<string, string>>)[PARAMETER]
    if (tag === undefined || entrance === null || !isPage(request, entrance)) return
    const chosen = look.languages.find(tag)
    const secFetchSite = request.headers['sec-fetch-site']?.toString()
    if (chosen !== null && !isCrossSite({ origin: request.headers.origin, secFetchSite }, entrance.origin))
      keepLanguage(cookies, reply, chosen.tag)
    return reply.redirect(withoutChoice(request.url), 303)
  })
}

/** Makes this browser show our pages in a language. @param tag of one that is to be had */
export function keepLanguage({ names, secure }: ChoiceParts['cookies'], reply: FastifyReply, tag: string): void {
  setCookie(reply, { name: names.language, value: tag, secure, maxAgeS: KEPT_S })
}

function isPage({ method, url, is404 }: FastifyRequest, { paths }: Entrance): boolean {
  return method === 'GET' && !is404 && isPlainPath(url) && !url.startsWith(`${paths.base}/api/`)
}

/** What leads on from a page of signing in, such as a signed return address. Anything else is not repeated on a page. */
function isPlainPair(pair: string): boolean {
  return /^(?:rd|prove|with|again)=[\w.~-]*$/.test(pair)
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
