import type { Page } from 'playwright-core'

/** A page that links led to. */
export interface FoundPage {
  /** Path and query. */
  readonly path: string
  /** The path with a star in place of what names one of many, such as `/.postern/admin/users/*`. */
  readonly kind: string
  readonly status: number
}

export interface Crawl {
  readonly origin: string
  readonly from: string
  /** Called while the page shows each. */
  readonly visit: (found: FoundPage) => Promise<void>
}

const MOST_PAGES = 150
const LINKS = `[...document.querySelectorAll('a[href]:not([download])')].map((link) => link.href)`

/**
 * Opens every page of Postern's own that links lead to, one of each kind: what differs in an id or a query alone
 * counts once. Nothing is posted.
 */
export async function crawl(page: Page, { origin, from, visit }: Crawl): Promise<FoundPage[]> {
  const waiting = [from]
  const seen = new Map<string, FoundPage>()
  for (let path = waiting.shift(); path !== undefined && seen.size < MOST_PAGES; path = waiting.shift()) {
    const kind = kindOf(path)
    if (seen.has(kind)) continue
    const reply = await page.goto(origin + path).catch(() => null)
    const found = { path, kind, status: reply?.status() ?? 0 }
    seen.set(kind, found)
    if (reply === null || !(reply.headers()['content-type'] ?? '').startsWith('text/html')) continue
    await visit(found)
    for (const href of await page.evaluate<string[]>(LINKS)) if (isOwn(href, origin)) waiting.push(pathOf(href))
  }
  return [...seen.values()]
}

/** What one kind of page has in common: ids, names below lists, and queries but for their names don't count. */
export function kindOf(path: string): string {
  const { pathname, searchParams } = new URL(path, 'http://localhost')
  const names = [...new Set(searchParams.keys())].filter((name) => name !== 'after' && name !== 'lang').sort()
  const fixed = pathname
    .replace(/\/(users|roles|versions|apps|events|diff)\/[^/]+/g, '/$1/*')
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}|\b\d+\b/g, '*')
  return names.length === 0 ? fixed : `${fixed}?${names.join('&')}`
}

function isOwn(href: string, origin: string): boolean {
  return href.startsWith(`${origin}/.postern/`) && !/\/export|\/openapi|\/logout/.test(href)
}

function pathOf(href: string): string {
  const { pathname, search } = new URL(href)
  return pathname + search
}
