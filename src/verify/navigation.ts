import { HINTS } from './header-meanings.ts'

/**
 * True when a browser goes to a page, so that a redirect helps: what Fetch Metadata says, else a GET that names HTML
 * as acceptable and is neither script nor WebSocket. A bare star is no wish for HTML.
 * @param hints values of the headers of `HINTS`, in that order; empty where absent
 */
export function isNavigation(method: string, hints: readonly string[]): boolean {
  const [mode = '', requestedWith = '', upgrade = '', accept = ''] = hints
  if (mode !== '') return mode === 'navigate'
  if (method !== 'GET' || requestedWith !== '' || upgrade !== '') return false
  return accept.toLowerCase().includes('text/html')
}

/** True for what sends nothing that only browsers and scripts in pages send. Before 2023 Safari sent none of it either. */
export function isProgram([mode = '', requestedWith = '']: readonly string[]): boolean {
  return mode === '' && requestedWith === ''
}

/** What the client calls itself, or an empty text. */
export function userAgentIn(hints: readonly string[]): string {
  return hints[4] ?? ''
}

/** The hints of a request as it came over the wire. */
export function hintsIn(rawHeaders: readonly string[]): readonly string[] {
  return HINTS.map((hint) => firstHeader(rawHeaders, hint))
}

function firstHeader(rawHeaders: readonly string[], wanted: string): string {
  const place = rawHeaders.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === wanted)
  return place === -1 ? '' : (rawHeaders[place + 1] ?? '')
}
