import { fine, look, orFine, wrong } from './finding.ts'
import type { Finding } from './finding.ts'
import { headerOf } from './reply.ts'
import type { Seen, Site } from './site.ts'

const MAX_CLOCK_S = 30
const SCRIPT = '/.postern/session.js'

/** Whether the page is closed, and the way to the sign-in leads where the visitor came from. */
export async function checkEntrance({ ask, page, url }: Site): Promise<readonly Finding[]> {
  const seen = await ask({ target: page })
  switch (seen.kind) {
    case 'passed':
      return [
        wrong(
          'open_page',
          `Nobody is asked to sign in for ${page} (${seen.told}).`,
          'Put the protection into every location of the proxy, and see that nothing, such as "satisfy any" or an error_page that answers 200, goes around it. If the policy lets everybody see this page, give doctor another one.',
        ),
      ]
    case 'sign_in':
      return [...checkRedirect(seen, url), ...(await checkProgram({ ask, page }))]
    case 'silent':
      return [wrong('no_answer', `The proxy does not answer: ${seen.told}.`, 'Check address, port and certificate.')]
    case 'redirect':
      return [
        look('other_redirect', `${page} leads elsewhere: ${seen.told}.`, 'Give doctor the address that it leads to.'),
      ]
    case 'denied':
      return [refused(seen, page)]
  }
}

/** Whether Postern's own pages are reached on this host, and whether their clock is ours. */
export async function checkOwnPages({ ask }: Site): Promise<readonly Finding[]> {
  const seen = await ask({ target: SCRIPT, accept: '*/*' })
  if (seen.status !== 200 || !headerOf(seen, 'content-type').startsWith('text/javascript')) {
    return [
      wrong(
        'not_routed',
        `${SCRIPT} is not answered by Postern (${seen.told}).`,
        'Send /.postern/ on this host to POSTERN_LISTEN, without asking the gateway, and keep the path as it is.',
      ),
    ]
  }
  return [fine('routed', '/.postern/ leads to Postern.'), ...checkClock(seen)]
}

/** Whether visitors can ask the gateway themselves. */
export async function checkVerifyClosed({ ask }: Site): Promise<readonly Finding[]> {
  const exposed: Finding[] = []
  for (const target of ['/.postern/verify', '/verify/nginx', '/verify/forward']) {
    const seen = await ask({ target, headers: ['X-Original-URI: /', 'X-Forwarded-Uri: /'] })
    const isOurs = headerOf(seen, 'x-postern-location') !== ''
    const saysWho = seen.headers.some(([name]) => name === 'remote-user')
    if (!isOurs && !saysWho) continue
    const change = 'Mark that location internal, and never route visitors to POSTERN_VERIFY_LISTEN.'
    exposed.push(wrong('verify_exposed', `${target} lets visitors ask the gateway (${seen.told}).`, change))
  }
  return orFine(exposed, 'verify_closed', 'Visitors can not ask the gateway themselves.')
}

/** Whether the page can be had without TLS. Only for the schemes' own ports: others tell nothing of each other. */
export function checkScheme({ url }: Pick<Site, 'url'>): readonly Finding[] {
  if (url.protocol === 'https:' || url.hostname === 'localhost') return []
  const change = 'Serve the app with TLS, and redirect http to https.'
  return [wrong('no_tls', 'Passwords and cookies of this address can be read on the network.', change)]
}

function checkRedirect(seen: Seen, url: URL): readonly Finding[] {
  const location = headerOf(seen, 'location')
  if (location === '') return [signInWithoutPage(seen)]
  const target = URL.parse(location, url.href)
  if (target?.origin === url.origin) return [fine('closed_page', `Visitors are sent to sign in (${seen.told}).`)]
  return [
    wrong(
      'other_origin',
      `From ${url.origin} visitors are sent to ${target?.origin ?? location}.`,
      'The scheme and port of the app in the policy must be those that visitors use.',
    ),
  ]
}

function signInWithoutPage(seen: Seen): Finding {
  return wrong(
    'no_sign_in_page',
    `A visit of a page is answered ${seen.status} and leads nowhere.`,
    'The proxy must turn the answer for pages into a redirect to X-Postern-Location, or pass Location on; and it must hand Accept and Sec-Fetch-Mode on to the gateway.',
  )
}

async function checkProgram({ ask, page }: Pick<Site, 'ask' | 'page'>): Promise<readonly Finding[]> {
  const seen = await ask({ target: page, accept: 'application/json', headers: ['X-Requested-With: XMLHttpRequest'] })
  if (seen.status === 401) return [fine('program_told', 'Programs get a 401 and are not sent to a page.')]
  const change = 'Hand Accept, X-Requested-With and Sec-Fetch-Mode on to the gateway, and its 401 to the visitor.'
  return [wrong('program_not_told', `A program is answered ${seen.told} in place of 401.`, change)]
}

function refused(seen: Seen, page: string): Finding {
  if (seen.status >= 500) {
    return wrong(
      'gateway_fault',
      `${page} is answered ${seen.status}: the proxy has no answer of the gateway that it understands.`,
      'See that Postern runs, that the proxy may open POSTERN_VERIFY_LISTEN, and that both share the secret.',
    )
  }
  return wrong(
    'refused_page',
    `${page} is answered ${seen.status} before anybody could sign in.`,
    'The host, scheme and port that the proxy names must be those of the app in the policy; "postern policy explain" says what is decided. If nobody may see this page, give doctor another one.',
  )
}

function checkClock(seen: Seen): readonly Finding[] {
  const date = Date.parse(headerOf(seen, 'date'))
  if (Number.isNaN(date)) return [look('no_date', 'The proxy sends no Date, so its clock is unknown.', '')]
  const apart = Math.round(Math.abs(Date.now() - date) / 1_000)
  if (apart <= MAX_CLOCK_S) return [fine('clock', 'The clock of the proxy agrees with the one here.')]
  const change = 'Set both clocks by NTP. Signed addresses and assertions live for minutes.'
  return [wrong('clock', `The clock of the proxy and the one here are ${apart} s apart.`, change)]
}
