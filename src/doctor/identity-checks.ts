import { ASSERTION_HEADER, IDENTITY_HEADERS } from '../policies/header-rules.ts'
import { fine, orFine, unchecked, wrong } from './finding.ts'
import type { Finding } from './finding.ts'
import { newMark } from './site.ts'
import type { Question, Seen, Site } from './site.ts'

/** A way to the app whose answer shows what reached it. */
interface Reach {
  readonly who: string
  readonly question: Question
}

const NAMES = [...IDENTITY_HEADERS, ASSERTION_HEADER, 'X-Postern-Decision', 'X-Postern-Secret']
const CLEAR = 'The proxy must set every identity header itself, to what the gateway answered, also where that is empty.'

/** Ways in which servers fold names of headers together. */
const ALIASES: readonly ((name: string) => string)[] = [
  (name) => name.toUpperCase(),
  (name) => name.toLowerCase(),
  (name) => name.replaceAll('-', '_'),
  (name) => name.replace('-', '_'),
  (name) => name.replaceAll('-', '.'),
  (name) => name.toUpperCase().replaceAll('-', '_'),
]

/** What some frameworks believe of a request, whoever says it. */
const WORDS = [
  'X-Original-URL',
  'X-Original-URI',
  'X-Rewrite-URL',
  'X-Forwarded-Uri',
  'X-Forwarded-Prefix',
  'Forwarded',
]

/** What of a visitor's own headers and cookies reaches the app; needs an app that shows them. */
export async function checkForgery(site: Site): Promise<readonly Finding[]> {
  const reaches = await reachesOf(site)
  if (reaches.length === 0) {
    const found = 'Whether forged identity headers and the session cookie reach the app could not be seen.'
    const how =
      'Give --cookie or --login, or --open with a page for everybody, of an app that shows its headers, such as the bundled demo app.'
    return [unchecked('forged_headers', found, how)]
  }
  const findings: Finding[] = []
  for (const reach of reaches) {
    findings.push(...(await checkNames(site, reach)), ...(await checkWords(site, reach)))
    findings.push(...(await checkCookie(site, reach)), ...(await checkHops(site, reach)))
  }
  return findings
}

/** Whether anybody gets in by calling himself somebody. */
export async function checkClaims({ ask, page }: Site): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const spell of [(name: string): string => name, ...ALIASES]) {
    const names = IDENTITY_HEADERS.map(spell)
    const { kind, told } = await ask({ target: page, headers: names.map((name) => `${name}: admin`) })
    if (kind === 'passed') findings.push(wrong('claim_believed', `Whoever sends ${names[0]} gets in (${told}).`, CLEAR))
  }
  return orFine(findings, 'claims', 'Nobody gets in by sending identity headers.')
}

async function reachesOf({ ask, page, cookie, openPage }: Site): Promise<readonly Reach[]> {
  const ways: Reach[] = [
    ...(cookie === null ? [] : [{ who: 'a visitor who is signed in', question: { target: page, cookie } }]),
    ...(openPage === null ? [] : [{ who: 'a visitor who is not signed in', question: { target: openPage } }]),
  ]
  const seen = await Promise.all(ways.map(({ question }) => ask(question)))
  return ways.filter((_, place) => seen[place]?.echoes === true)
}

async function checkNames(site: Site, { who, question }: Reach): Promise<readonly Finding[]> {
  const exact = await passedOn(site, question, [NAMES])
  const missed = new Set(exact.map((name) => name.toLowerCase()))
  // One at a time: the gateway may refuse a request for one of them, and the others would go unseen.
  const spelled = ALIASES.flatMap((spell) => NAMES.map((name) => [spell(name)]))
  const aliases = (await passedOn(site, question, spelled)).filter((name) => !missed.has(name.toLowerCase()))
  const findings = [
    ...(exact.length > 0 ? [forgedFinding('forged_header', exact, who)] : []),
    ...(aliases.length > 0 ? [forgedFinding('aliased_header', aliases, who)] : []),
  ]
  return orFine(findings, 'forged_headers', `No forged identity header reaches the app from ${who}.`)
}

/** Which of the names reach the app with what the client wrote. @param batches names that are sent together */
async function passedOn(
  { ask }: Site,
  question: Question,
  batches: readonly (readonly string[])[],
): Promise<readonly string[]> {
  const passed = new Set<string>()
  for (const names of batches) {
    const marks = names.map((name) => ({ name, mark: newMark() }))
    const { body } = await ask({ ...question, headers: marks.map(({ name, mark }) => `${name}: ${mark}`) })
    for (const { name, mark } of marks) if (body.includes(mark)) passed.add(name)
  }
  return [...passed]
}

function forgedFinding(id: 'forged_header' | 'aliased_header', names: readonly string[], who: string): Finding {
  const found = `The app gets ${listed(names)} as ${who} wrote it.`
  if (id === 'forged_header') return wrong(id, found, CLEAR)
  return wrong(
    id,
    found,
    'Drop other spellings of identity headers, or let the gateway refuse them by its alias guard.',
  )
}

/** The first few say which kind it is. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ')
  return names.length <= 5 ? shown : `${shown} and ${names.length - 5} more`
}

async function checkWords(site: Site, { who, question }: Reach): Promise<readonly Finding[]> {
  const got = await passedOn(site, question, [WORDS])
  if (got.length === 0) return [fine('proxy_words', `No word of ${who} on address or path reaches the app.`)]
  const change =
    'Clear these headers: some frameworks open the address that they name in place of the one that was judged.'
  return [wrong('proxy_words', `The app gets ${got.join(', ')} as ${who} wrote it.`, change)]
}

async function checkCookie({ ask }: Site, { who, question }: Reach): Promise<readonly Finding[]> {
  const [own, planted] = [newMark(), newMark()]
  const secure = question.cookie?.includes('__') === false ? 'postern_probe' : '__Host-postern_probe'
  const ours = question.cookie ?? `${secure}=${planted}`
  const { body } = await ask({ ...question, cookie: `doctor_a=${own}; ${ours}; doctor_b=1` })
  const values = ours.split(';').map((pair) => pair.slice(pair.indexOf('=') + 1).trim())
  if (values.some((value) => value.length > 8 && body.includes(value))) {
    const change = 'Cut our cookies out of what goes to the app: with one of them it can act as its visitor everywhere.'
    return [wrong('leaked_cookie', `The app gets our cookies from ${who}.`, change)]
  }
  if (body.includes(own))
    return [fine('session_cookie', `The app gets none of our cookies from ${who}, and all others.`)]
  const found = `The app shows no cookies, so it is not known whether it gets ours from ${who}.`
  return [unchecked('session_cookie', found, 'Use an app that shows its Cookie header.')]
}

/** A header that Connection names is for the next hop alone, so a proxy may drop what it has just set. */
async function checkHops({ ask }: Site, { question }: Reach): Promise<readonly Finding[]> {
  if (question.cookie === undefined) return []
  const plain = await ask(question)
  if (!tellsWho(plain)) {
    const change = 'Pass the identity headers of the gateway\'s answer on to the app: see "postern snippet".'
    return [wrong('no_identity', 'The app is not told who is signed in.', change)]
  }
  const hops = await ask({ ...question, connection: `close, ${IDENTITY_HEADERS.join(', ')}` })
  if (hops.kind !== 'passed' || tellsWho(hops)) return [fine('identity', 'The app is told who is signed in.')]
  const change = 'Clear what Connection names before the identity headers are set.'
  return [wrong('hop_by_hop', 'By "Connection: Remote-User" a visitor keeps his name from the app.', change)]
}

function tellsWho({ body }: Seen): boolean {
  return /remote[-_]user(?![-\w])/i.test(body)
}
