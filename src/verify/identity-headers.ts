import type { Principal } from '../lib/principal.ts'
import type { CompiledPolicy } from '../policies/compile.ts'
import type { App } from '../policies/decision.ts'
import { ASSERTION_HEADER, STANDARD_HEADERS } from '../policies/header-rules.ts'
import type { SignAssertion } from './assertion.ts'
import { prepareTemplate, toldRoles, visitorText } from './header-template.ts'

/** What headers are made from besides the app and its visitor. */
export interface IdentitySource {
  /** Goes into `{basic}`; empty where none is set. */
  readonly basicPassword: string
  /** Null leaves the header empty for apps that ask for an assertion. */
  readonly signAssertion: SignAssertion | null
}

/** What one app is told: names and values in turn, always the same names, or null when it is too large to be told. */
export interface AppHeaders {
  readonly nobody: readonly string[] | null
  /** True where what `of` gives holds an assertion, which ages. */
  readonly isSigned: boolean
  /** @param nowMs ms since 1970 */
  of(principal: Principal, nowMs: number): readonly string[] | null
}

/** All names and values of one answer together, the assertion included (DESIGN 4.3). */
export const MAX_IDENTITY_BYTES = 4_096

/** Prepares once all that doesn't depend on the visitor. */
export function prepareHeaders(source: IdentitySource, app: App, roles: CompiledPolicy['roles']): AppHeaders {
  const { signAssertion, basicPassword } = source
  const { headers, charset, assertion } = app.identity
  const written = [...Object.entries(STANDARD_HEADERS), ...headers].map(
    ([name, template]) => [name, prepareTemplate(template, charset, basicPassword)] as const,
  )
  const names = [...written.map(([name]) => name), ...(assertion ? [ASSERTION_HEADER] : [])]
  return {
    nobody: bounded(names.flatMap((name) => [name, ''])),
    isSigned: assertion && signAssertion !== null,
    of(principal, nowMs) {
      const visitor = visitorText(principal, roles)
      const told = written.flatMap(([name, write]) => [name, write(visitor)])
      if (!assertion) return bounded(told)
      const subject = { appName: app.name, principal, roles: toldRoles(principal, roles), nowMs }
      return bounded([...told, ASSERTION_HEADER, signAssertion?.(subject) ?? ''])
    },
  }
}

/** Every character is one byte, as every value is ASCII. */
function bounded(headers: readonly string[]): readonly string[] | null {
  return headers.reduce((bytes, text) => bytes + text.length, 0) <= MAX_IDENTITY_BYTES ? headers : null
}
