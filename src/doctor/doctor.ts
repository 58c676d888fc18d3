import { checkAround, checkCookieDomain } from './address-checks.ts'
import type { CookieScope } from './address-checks.ts'
import type { Finding } from './finding.ts'
import { checkHosts, checkServedHost } from './host-checks.ts'
import { checkClaims, checkForgery } from './identity-checks.ts'
import { checkNamers, checkPaths } from './path-checks.ts'
import { checkEntrance, checkOwnPages, checkScheme, checkVerifyClosed } from './setup-checks.ts'
import type { Site } from './site.ts'
import { checkBody, checkOverlong, checkStopped, checkUpgrade } from './traffic-checks.ts'
import type { Pause } from './traffic-checks.ts'

export interface Examination {
  readonly site: Site
  readonly cookieScope: CookieScope
  /** Where the app listens, or null. */
  readonly appAddress: URL | null
  /** Null where the gateway is to be left alone. */
  readonly pause: Pause | null
}

/** Looks at a set-up from outside, one question after the other; nothing is asked but the URL and the app's address. */
export async function examine({ site, cookieScope, appAddress, pause }: Examination): Promise<readonly Finding[]> {
  const entrance = await checkEntrance(site)
  if (entrance.some(({ id }) => id === 'no_answer')) return entrance
  const findings = [
    ...entrance,
    ...checkScheme(site),
    ...(await checkOwnPages(site)),
    ...(await checkVerifyClosed(site)),
  ]
  findings.push(...(await checkForgery(site)))
  // Where everybody gets in anyway, no trick can be told from none.
  if (!entrance.some(({ id }) => id === 'open_page')) {
    for (const check of [checkClaims, checkNamers, checkPaths, checkHosts, checkServedHost])
      findings.push(...(await check(site)))
    for (const check of [checkUpgrade, checkBody, checkOverlong]) findings.push(...(await check(site)))
    findings.push(...(await checkStopped(site, pause)))
  }
  return [...findings, ...(await checkAround(appAddress)), ...checkCookieDomain(site.url, cookieScope)]
}
