import { readHost } from '../lib/host.ts'
import type { OriginalRequest } from '../lib/original-request.ts'
import type { Principal } from '../lib/principal.ts'
import { readTarget } from '../lib/target.ts'
import { readCardUrl } from './app-card.ts'
import type { CardUrl } from './app-card.ts'
import type { CompiledApp, CompiledPolicy } from './compile.ts'
import type { Decision } from './decision.ts'
import { decide, judge } from './evaluate.ts'
import { effectivePort } from './host-index.ts'

/** An app that somebody may open now, or once he has proven more. */
export interface OpenableApp {
  readonly name: string
  /** What people call it. */
  readonly title: string
  readonly description: string | null
  /** One or two characters, or an image as `app-card.ts` reads it; null where the file says nothing. */
  readonly icon: string | null
  /** Null for an app of which no one host is known. */
  readonly url: string | null
  /** What its page will ask for first. */
  readonly asksFor: 'nothing' | 'second_factor' | 'proof'
}

/** What verify will look at besides the person. */
export interface Visit {
  /** Address of the client in its shortest form. */
  readonly clientAddress: string
  readonly nowMs: number
}

interface Place extends CardUrl {
  readonly url: string | null
}

/** Stands for the one label that `*.` leaves open. */
const ANY_LABEL = 'any-host'

/**
 * The apps that somebody may open, in the order of the policy: those of which verify lets the page pass that their card
 * leads to, or asks for more proof. What is hidden is left out.
 */
export function openableApps(policy: CompiledPolicy, principal: Principal, visit: Visit): OpenableApp[] {
  return [...policy.apps.values()].flatMap((app) => {
    const { card = null } = app.source
    if (card?.hidden === true) return []
    const place = placeOf(app, principal.login)
    const asksFor = place === null ? null : judgePlace(policy, { app, place, principal, visit })
    if (place === null || asksFor === null) return []
    const { title = null, description = null, icon = null } = card ?? {}
    return [{ name: app.name, title: title ?? app.name, description, icon, url: place.url, asksFor }]
  })
}

function judgePlace(
  policy: CompiledPolicy,
  asked: { readonly app: CompiledApp; readonly place: Place; readonly principal: Principal; readonly visit: Visit },
): OpenableApp['asksFor'] | null {
  const { app, place, principal, visit } = asked
  const original = requestFor(place, visit)
  if (original === null) return null
  const decision = decide(judge(policy, original), principal, visit.nowMs)
  return isOf(decision, app) ? asksForIn(decision) : null
}

/** On a host that is another app's too, verify may judge that one. */
function isOf(decision: Decision, { name }: CompiledApp): boolean {
  return 'app' in decision && decision.app?.name === name
}

function asksForIn(decision: Decision): OpenableApp['asksFor'] | null {
  switch (decision.kind) {
    case 'allow':
      return 'nothing'
    case 'sign_in':
      return decision.reason === 'second_factor' ? 'second_factor' : 'proof'
    case 'forbid':
    case 'refuse':
    case 'fault':
      return null
  }
}

function requestFor({ scheme, hostName: name, port, target: text }: Place, visit: Visit): OriginalRequest | null {
  const target = readTarget(text)
  if (typeof target === 'string') return null
  const known = { method: 'GET', navigation: true, appName: null, aliases: [], overrides: [] }
  return { ...known, scheme, host: { name, port }, target, clientAddress: visit.clientAddress }
}

/** Null where the visitor's login can't be part of a host name. */
function placeOf(app: CompiledApp, login: string): Place | null {
  const { card, hosts } = app.source
  const url = card?.url ?? null
  const read = url === null ? null : readCardUrl(url)
  if (read !== null) return { ...read, url }
  const one = hosts.find((host) => !host.startsWith('*.') && !host.startsWith('{login}.'))
  if (one !== undefined) return rootOf(app, one)
  const own = hosts.find((host) => host.startsWith('{login}.'))?.replace('{login}', login) ?? null
  if (own !== null && !login.includes('.') && readHost(own) !== null) return rootOf(app, own)
  const open = hosts.find((host) => host.startsWith('*.'))
  return open === undefined ? null : { ...rootOf(app, open.replace('*', ANY_LABEL)), url: null }
}

function rootOf(app: CompiledApp, hostName: string): Place {
  return { scheme: app.scheme, hostName, port: effectivePort(app), target: '/', url: `${app.origin(hostName)}/` }
}
