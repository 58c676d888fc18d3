import type { Factor, Principal } from '../lib/principal.ts'
import type { CompiledPolicy } from '../policies/compile.ts'
import { readTemplate } from '../policies/header-rules.ts'
import type { HeaderTemplate, Placeholder, TemplatePart } from '../policies/header-rules.ts'
import type { Charset } from '../policies/policy.ts'
import { encodeText } from './identity-charset.ts'

/** What templates may say of one visitor, as text. */
export type VisitorText = Readonly<Record<Placeholder, string>>

/** The value of one header for one visitor, in ASCII. */
export type WriteValue = (visitor: VisitorText) => string

/** Order in which factors are told, whatever order they were proven in. */
const FACTORS: readonly Factor[] = ['password', 'totp', 'webauthn', 'user_verified', 'recovery']

/**
 * Prepares a template once for all visitors. Throws only on one that `headerMistake` would not have let through.
 * @param basicPassword goes with the login into `{basic}`; may be empty
 */
export function prepareTemplate(text: string, charset: Charset, basicPassword: string): WriteValue {
  const template = getTemplate(text)
  if (template.kind === 'basic') return ({ login }) => basicCredentials(login, basicPassword)
  const { parts } = template
  // The whole value is encoded, literal text too, so that the app has one way to read it.
  return (visitor) => encodeText(charset, parts.map((part) => textOf(part, visitor)).join(''))
}

/**
 * @param roles the policy's, with the permissions of each
 * @throws TypeError when memory or a store gave a principal that isn't one: told as empty, it would pass as nobody
 */
export function visitorText(principal: Principal, roles: CompiledPolicy['roles']): VisitorText {
  const told = toldRoles(principal, roles)
  const permissions = new Set(told.flatMap((role) => roles.get(role) ?? []))
  const { login, email, name, userId: id } = principal
  if (![login, email, name, id].every((text) => typeof text === 'string')) throw new TypeError('not a principal')
  return {
    login,
    email,
    name,
    id,
    roles: told.join(','),
    permissions: [...permissions].join(','),
    factors: provenFactors(principal).join(','),
  }
}

/** The visitor's roles but for those that the policy no longer defines, which no app is told. */
export function toldRoles(principal: Principal, roles: CompiledPolicy['roles']): readonly string[] {
  return principal.roles.filter((role) => roles.has(role))
}

/** What the visitor has proven himself with, in a fixed order. */
export function provenFactors({ factors }: Principal): readonly Factor[] {
  return FACTORS.filter((factor) => factors[factor] !== undefined)
}

/** RFC 7617; logins hold no colon. */
function basicCredentials(login: string, password: string): string {
  return `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}`
}

function textOf(part: TemplatePart, visitor: VisitorText): string {
  return 'literal' in part ? part.literal : visitor[part.placeholder]
}

function getTemplate(text: string): HeaderTemplate {
  const template = readTemplate(text)
  if (typeof template === 'string') throw new Error(`unchecked template ${text}: ${template}`)
  return template
}
