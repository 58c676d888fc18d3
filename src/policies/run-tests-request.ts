import { readAddress } from '../lib/address.ts'
import { readHost } from '../lib/host.ts'
import type { Host } from '../lib/host.ts'
import type { OriginalRequest, Scheme } from '../lib/original-request.ts'
import type { FactorTimes, Principal } from '../lib/principal.ts'
import { readTarget } from '../lib/target.ts'
import type { CompiledPolicy } from './compile.ts'
import type { Refuse } from './decision.ts'
import { defaultPort } from './host-index.ts'

/** A request as somebody writes it down. */
export interface WrittenRequest {
  readonly method: string
  /** Whole address, such as `https://wiki.example.com/admin/`. */
  readonly url: string
  /** Address of the client. */
  readonly from: string
}

/** Where requests come from that name no client: an address that is kept for documentation. */
export const ANY_CLIENT = '203.0.113.7'

const URL_PARTS = /^(https?):\/\/([^/?#]+)(.*)$/

/**
 * A written request as a proxy would have told of it, read as strictly; or the refusal that follows.
 * @param policy tells whether a host alone, without its port, names one app
 */
export function readWrittenRequest(policy: CompiledPolicy, written: WrittenRequest): OriginalRequest | Refuse {
  const [, scheme, authority = '', rest = ''] = URL_PARTS.exec(written.url) ?? []
  if (scheme !== 'http' && scheme !== 'https') return { kind: 'refuse', reason: 'bad_scheme' }
  const host = readHost(authority)
  if (host === null) return { kind: 'refuse', reason: 'bad_host' }
  const target = readTarget(rest.startsWith('/') ? rest : `/${rest}`)
  if (typeof target === 'string') return { kind: 'refuse', reason: target }
  const clientAddress = readAddress(written.from)
  if (clientAddress === null) return { kind: 'refuse', reason: 'bad_client_address' }
  const known = { navigation: true, appName: null, aliases: [], overrides: [] }
  return { ...known, method: written.method, scheme, host: withPort(policy, host, scheme), target, clientAddress }
}

/** Somebody signed in who has given as many factors, just now. */
export function visitorAs(
  { login, roles, factors }: { readonly login: string; readonly roles: readonly string[]; readonly factors: 1 | 2 },
  nowMs: number,
): Principal {
  return knownVisitor({ login, roles }, factors === 2 ? { password: nowMs, totp: nowMs } : { password: nowMs })
}

/** Somebody of whom no more is known than what rules look at. */
export function knownVisitor(
  { login, roles }: { readonly login: string; readonly roles: readonly string[] },
  factors: FactorTimes,
): Principal {
  const unknown = { userId: '', signInId: '', email: '', name: login, absoluteExpiresAt: Number.MAX_SAFE_INTEGER }
  return { ...unknown, login, roles, factors }
}

/** Browsers leave the scheme's own port out, which then says which of several apps of one name is meant. */
function withPort(policy: CompiledPolicy, host: Host, scheme: Scheme): Host {
  if (host.port !== null || policy.hosts.find(host) !== 'ambiguous_host') return host
  return { ...host, port: defaultPort(scheme) }
}
