import { firstHeader } from './wire.ts'

/**
 * True when a browser goes to a page, so that a redirect helps: what Fetch Metadata says, else a GET that names HTML
 * as acceptable and is neither script nor WebSocket. A bare star is no wish for HTML.
 */
export function isNavigation(method: string, rawHeaders: readonly string[]): boolean {
  const mode = firstHeader(rawHeaders, 'sec-fetch-mode')
  if (mode !== '') return mode === 'navigate'
  if (method !== 'GET') return false
  if (firstHeader(rawHeaders, 'x-requested-with') !== '' || firstHeader(rawHeaders, 'upgrade') !== '') return false
  return firstHeader(rawHeaders, 'accept').toLowerCase().includes('text/html')
}
