import { randomBytes } from 'node:crypto'
import type { OriginalRequest } from '../lib/original-request.ts'
import { ownCopy } from '../lib/own-copy.ts'
import type { Principal } from '../lib/principal.ts'

/** What is written down of a decision: words and numbers of the policy, and who it was. */
export interface Decided {
  readonly kind: string
  readonly reason?: string
  readonly app?: { readonly name: string } | null
  readonly rule?: { readonly number: number } | null
  readonly principal?: Principal | null
}

/** A decision as the columns of the table have it, but for its times. */
export interface DecisionFacts {
  readonly id: string
  readonly kind: string
  readonly reason: string | null
  readonly sampled: boolean
  readonly policy_version: number
  readonly app: string | null
  readonly named_app: string | null
  readonly rule: number | null
  readonly method: string | null
  readonly scheme: string | null
  readonly host: string | null
  readonly path: string | null
  readonly path_is_cut: boolean
  readonly reading: string | null
  readonly client_address: string | null
  readonly user_id: string | null
  readonly login: string | null
  readonly roles: readonly string[]
  readonly factor_ages: readonly number[]
}

/** A decision in memory, which may still count more of the same. Times are monotonic ms. */
export interface DecisionEntry {
  readonly facts: DecisionFacts
  readonly dialect: string | null
  readonly atMs: number
  lastAtMs: number
  times: number
  /** How many of these times stand in the database. */
  written: number
  /** Why it isn't to be found by its number; null while it is, or is to be. */
  lost: 'memory' | 'database' | null
}

export interface Circumstances {
  readonly original: OriginalRequest | null
  readonly policyVersion: number
  readonly atMs: number
  readonly sampled: boolean
  /** The path as the rule that decided read it, where that differs. */
  readonly reading?: string | null
  /** Of the proxy that asked, where it is known. */
  readonly dialect?: string
}

/** The path of the longest addresses that people really open; the rest is cut. */
const MAX_PATH = 512
const ID_BYTES = 6
const MAX_AGE = 2 ** 31 - 1

/** A number that people can read out: 12 hexadecimal digits. */
export function newDecisionId(): string {
  return randomBytes(ID_BYTES).toString('hex')
}

export function entryOf(id: string, decided: Decided, about: Circumstances): DecisionEntry {
  const { kind, reason = null, app = null, rule = null, principal = null } = decided
  const { original, policyVersion, atMs, sampled, reading = null, dialect = null } = about
  const facts = {
    id,
    kind,
    reason,
    sampled,
    policy_version: policyVersion,
    app: app?.name ?? null,
    rule: rule?.number ?? null,
    reading: reading === null ? null : ownCopy(reading.slice(0, MAX_PATH)),
    ...factsOfRequest(original),
    ...factsOfVisitor(principal),
  }
  return { facts, dialect, atMs, lastAtMs: atMs, times: 1, written: 0, lost: null }
}

/** What two refusals have in common that are one to whoever looks into them. @param network of the client */
export function likenessOf(
  { kind, reason = '', app, rule, principal }: Decided,
  { original, policyVersion }: Pick<Circumstances, 'original' | 'policyVersion'>,
  network: string,
): string {
  const what = `${policyVersion} ${kind} ${reason} ${app?.name ?? ''} ${rule?.number ?? ''} ${principal?.userId ?? ''}`
  if (original === null) return what
  const { method, scheme, host, target, appName } = original
  const where = `${scheme} ${host.name} ${host.port ?? ''} ${appName ?? ''} ${method.slice(0, MAX_PATH)}`
  return ownCopy(`${what} ${network} ${where} ${target.path.slice(0, MAX_PATH)}`)
}

/** A decision as a line of the log; what isn't known is left out. */
export function lineOf({ facts, dialect }: DecisionEntry): Readonly<Record<string, unknown>> {
  const { id, kind, reason, rule, reading, app, login, method, scheme, host, path, client_address: address } = facts
  const line = { decisionId: id, decision: kind, reason, rule, reading, app, login, method, scheme, host, path }
  return Object.fromEntries(
    Object.entries({ ...line, clientAddress: address, dialect }).filter(([, value]) => value !== null),
  )
}

type OfRequest = 'named_app' | 'method' | 'scheme' | 'host' | 'path' | 'path_is_cut' | 'client_address'

/** Copies, as the texts were cut out of a request of up to 64 KiB. */
function factsOfRequest(original: OriginalRequest | null): Pick<DecisionFacts, OfRequest> {
  if (original === null) {
    const unknown = { named_app: null, method: null, scheme: null, host: null, path: null, client_address: null }
    return { ...unknown, path_is_cut: false }
  }
  const { method, scheme, host, target, clientAddress, appName } = original
  return {
    named_app: appName === null ? null : ownCopy(appName),
    method: ownCopy(method.slice(0, MAX_PATH)),
    scheme: ownCopy(scheme),
    host: ownCopy(host.port === null ? host.name : `${host.name}:${host.port}`),
    path: ownCopy(target.path.slice(0, MAX_PATH)),
    path_is_cut: target.path.length > MAX_PATH,
    client_address: clientAddress === '' ? null : ownCopy(clientAddress),
  }
}

type OfVisitor = 'user_id' | 'login' | 'roles' | 'factor_ages'

function factsOfVisitor(principal: Principal | null): Pick<DecisionFacts, OfVisitor> {
  if (principal === null) return { user_id: null, login: null, roles: [], factor_ages: [] }
  const { userId, login, roles, factors } = principal
  const ages = Object.values(factors).map((provenAt) => Math.max(0, Math.round((Date.now() - provenAt) / 1_000)))
  return { user_id: userId, login, roles, factor_ages: ages.map((age) => Math.min(age, MAX_AGE)) }
}
