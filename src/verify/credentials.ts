import { readAuthorization } from '../lib/authorization.ts'
import type { Authorization } from '../lib/authorization.ts'
import type { App } from '../policies/decision.ts'
import type { DOUBLED } from '../web/cookies.ts'

/** What a request says of who sends it, unread. */
export interface Credentials {
  /** The raw Cookie headers, one text each. */
  readonly cookies: readonly string[]
  /** The one Authorization header, or null where there is none. */
  readonly authorization: string | null | typeof DOUBLED
}

/** What of an Authorization header is for us on this app; null for what is the app's own, a password mostly among it. */
export function ourAuthorization({ basic }: Pick<App, 'basic'>, value: string): Authorization | null {
  const read = readAuthorization(value)
  return read?.kind === 'password' && basic !== 'passwords' ? null : read
}

/** Headers of a request, names and values in turn, without what in them is a key to our doors. */
export function withoutOurAuthorization(rawHeaders: readonly string[], app: Pick<App, 'basic'>): readonly string[] {
  const isOurs = (place: number): boolean =>
    rawHeaders[place]?.toLowerCase() === 'authorization' && ourAuthorization(app, rawHeaders[place + 1] ?? '') !== null
  return rawHeaders.filter((_, index) => !isOurs(index - (index % 2)))
}
