import { fine, orFine, wrong } from './finding.ts'
import type { Finding } from './finding.ts'
import { headerOf } from './reply.ts'
import { newMark } from './site.ts'
import type { Question, Site } from './site.ts'

const FOREIGN = 'doctor.invalid'
const NAME_CHANGE =
  'Name each host in the proxy in full and let a default server refuse all others; tell the gateway the host that the proxy serves, such as $host, and never $http_host.'

/** Whether an odd Host opens the page, or leads visitors to a host that somebody else chose. */
export async function checkHosts(site: Site): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const { what, question } of questionsOf(site)) {
    const seen = await site.ask(question)
    if (seen.kind === 'passed')
      findings.push(wrong('host_open', `With ${what} the page is open (${seen.told}).`, NAME_CHANGE))
    if (leadsAway(headerOf(seen, 'location')))
      findings.push(wrong('host_reflected', `With ${what} visitors are sent to that host (${seen.told}).`, NAME_CHANGE))
  }
  return orFine(findings, 'hosts', 'No odd Host opens the page or leads to another host.')
}

/**
 * Whether gateway and proxy mean the same host where request line and Host name two of them. RFC 9112, 3.2.2: the one on
 * the request line counts, so the answer must be as ever, or a refusal by the proxy itself.
 */
export async function checkServedHost(site: Site): Promise<readonly Finding[]> {
  const { ask, url, page, cookie } = site
  const target = url.origin + page
  const mark = `${newMark()}.invalid`
  const plain = await ask({ target: page })
  const seen = await ask({ target, host: mark })
  if (leadsAway(headerOf(seen, 'location')))
    return [wrong('host_reflected', `Visitors are sent to a host that the client made up (${seen.told}).`, NAME_CHANGE)]
  const isGatewaysNo = seen.status === 403 || seen.status >= 500 || headerOf(seen, 'x-postern-decision') !== ''
  if (plain.kind === 'sign_in' && seen.kind === 'denied' && isGatewaysNo) {
    const found = `The gateway is told the host that the client wrote, not the one that the proxy serves (${seen.told}).`
    return [wrong('host_of_client', found, NAME_CHANGE)]
  }
  const inside = cookie === null ? null : await ask({ target, host: mark, cookie })
  if (inside?.body.includes(mark) === true) {
    const change = 'Send the app the host that the proxy serves, such as $host.'
    return [wrong('host_to_app', 'The app is told a host that the client made up.', change)]
  }
  return [fine('served_host', 'Proxy, gateway and app mean the same host.')]
}

function questionsOf({ url, page }: Site): readonly { readonly what: string; readonly question: Question }[] {
  const odd = [
    FOREIGN,
    `${url.hostname}.${FOREIGN}`,
    `${url.hostname}:1@${FOREIGN}`,
    `${url.hostname}?x=`,
    `${url.hostname}/x`,
    `${url.hostname}#`,
    `${url.hostname}..`,
    url.hostname.toUpperCase(),
    '',
  ]
  const absolute = [`${url.protocol}//${FOREIGN}${page}`, `${url.protocol}//${url.host}@${FOREIGN}${page}`]
  return [
    ...odd.map((host) => ({ what: `Host: ${host}`, question: { target: page, host } })),
    { what: 'no Host', question: { target: page, host: null } },
    { what: 'a second Host', question: { target: page, headers: [`Host: ${FOREIGN}`] } },
    { what: 'a second Host before ours', question: { target: page, host: FOREIGN, headers: [`Host: ${url.host}`] } },
    ...absolute.map((target) => ({ what: `the request line GET ${target}`, question: { target } })),
  ]
}

function leadsAway(location: string): boolean {
  return URL.parse(location)?.hostname.endsWith('.invalid') === true
}
