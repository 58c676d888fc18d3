import { page } from '../web/frame.ts'
import type { Frame } from '../web/frame.ts'
import { html } from '../web/html.ts'

/** Why a sign-in doesn't hold, as far as one request tells. */
export type LoopCause =
  | 'cookie_missing'
  | 'cookie_doubled'
  | 'cookie_not_valid'
  | 'gateway_not_told'
  | 'proof_too_old'
  | 'wrong_scheme'

export interface LoopPage {
  readonly frame: Frame
  readonly cause: LoopCause
  /** Host that the visitor is on, for people to see. */
  readonly host: string
  /** Begins once more. */
  readonly startHref: string
}

interface Advice {
  readonly visitor: string
  readonly administrator: string
}

const ADVICE: Readonly<Record<LoopCause, Advice>> = {
  cookie_missing: {
    visitor: 'Your browser does not keep the cookie that says that you are signed in. Allow cookies for this address.',
    administrator:
      'If cookies are allowed: the domain in POSTERN_COOKIE_DOMAIN must hold this host and must not be a public suffix, and nothing between browser and Postern may drop Set-Cookie.',
  },
  cookie_doubled: {
    visitor:
      'Your browser sends two cookies of the same name, so none of them counts. Delete the cookies of this address.',
    administrator: 'If they come back, an app on this domain sets a cookie of that name.',
  },
  cookie_not_valid: {
    visitor: 'Your browser sends a cookie that does not count any more. Delete the cookies of this address.',
    administrator:
      'If a new one does not count either, compare the clocks of the servers, and see that all replicas use one database.',
  },
  gateway_not_told: {
    visitor:
      'You are signed in, but the proxy in front of the app does not learn of it. You can not change that yourself.',
    administrator:
      'The proxy must hand the Cookie header on when it asks Postern, and name the host as the browser wrote it.',
  },
  proof_too_old: {
    visitor: 'This page wants you to sign in anew each time that you come. You can not change that yourself.',
    administrator:
      'The clocks of Postern and of its database must agree, and max_auth_age of the rule must leave time to arrive.',
  },
  wrong_scheme: {
    visitor: 'This address was opened with http, but sign-ins are only kept with https. Write https:// in front of it.',
    administrator:
      'If it was https: the proxy must say so in X-Forwarded-Proto. If it was http, redirect it, or change POSTERN_PUBLIC_URL.',
  },
}

/** For a browser that comes back again and again without being let in. It goes on by a click alone. */
export function loopPage({ frame, cause, host, startHref }: LoopPage): string {
  const { visitor, administrator } = ADVICE[cause]
  const body = html`<h1>Sign-in does not hold</h1>
    <p>Your browser came back to <strong>${host}</strong> several times without being let in.</p>
    <p>${visitor}</p>
    <p class="quiet">
      For the administrator: ${administrator} Run <code>postern doctor</code>. Cause: <code>${cause}</code>
    </p>
    <p><a class="button" href="${startHref}">Try again</a></p>`
  return page({ title: 'Sign-in does not hold', body, frame })
}
