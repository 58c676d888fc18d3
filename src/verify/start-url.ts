import { PORTAL_PATH } from '../config/settings.ts'
import type { OriginalRequest } from '../lib/original-request.ts'

/** Longer ones become the app's root. */
const MAX_RETURN_BYTES = 2_048

/**
 * Where every sign-in begins, on the app's own host: it takes the page to return to as path and query alone.
 * @param origin of the app as its policy gives it, such as `https://app.example.com:8443`
 */
export function startUrl(origin: string, original: OriginalRequest): string {
  const target = original.target.path + original.target.query
  const back = original.navigation && target.length <= MAX_RETURN_BYTES ? target : '/'
  return `${origin}${PORTAL_PATH}/start?rd=${encodeURIComponent(back)}`
}
