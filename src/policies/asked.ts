import type { OriginalRequest } from '../lib/original-request.ts'
import { RESERVED_PREFIX } from './alias-guard.ts'
import type { CompiledApp, CompiledPolicy } from './compile.ts'
import type { Judgement, Refuse } from './decision.ts'
import { findApp } from './find-app.ts'
import { methodNumber } from './method.ts'

/** What an app is asked for, once it is known which app. */
export interface Asked {
  readonly app: CompiledApp
  readonly original: OriginalRequest
  /** Number of `method.ts`. */
  readonly method: number
  /** Methods that an app may take it for besides, as it reads what headers say; mostly none. */
  readonly others: readonly number[]
}

const BAD_METHOD: Refuse = { kind: 'refuse', reason: 'bad_method' }
const BAD_UTF8: Refuse = { kind: 'refuse', reason: 'bad_utf8' }
const BAD_CLIENT_ADDRESS: Refuse = { kind: 'refuse', reason: 'bad_client_address' }
const NONE: readonly number[] = []
const IDENTITY_HEADER: Refuse = { kind: 'refuse', reason: 'identity_header' }

/** The app and method that are asked for, or why nothing can be. */
export function readAsked(
  policy: CompiledPolicy,
  original: OriginalRequest,
): Asked | Exclude<Judgement, { kind: 'personal' }> {
  const app = findApp(policy, original.host, original.appName)
  if ('kind' in app) return app
  if (original.aliases.length > 0 && isGuarded(app, original.aliases)) return IDENTITY_HEADER
  const method = methodNumber(original.method)
  if (method === null) return BAD_METHOD
  // A proxy that doesn't tell whence a request comes: which rules are there for it can't be known.
  if (original.clientAddress === '' && app.usesNetworks) return BAD_CLIENT_ADDRESS
  if (!original.target.utf8 && app.source.pathBytes === 'utf8') return BAD_UTF8
  const others = original.overrides.length === 0 ? NONE : original.overrides.map(methodNumber)
  return others.every((other) => other !== null) ? { app, original, method, others } : BAD_METHOD
}

function isGuarded({ source, identityNames }: CompiledApp, aliases: readonly string[]): boolean {
  if (source.aliasGuard === 'ignore') return false
  return aliases.some((name) => identityNames.has(name) || name.startsWith(RESERVED_PREFIX))
}
