import type { Principal } from '../lib/principal.ts'

/** What apps are told of the visitor (DESIGN 4.3): the complete list, sent on every allow, empty for nobody. */
export const IDENTITY_HEADERS = [
  'Remote-User',
  'Remote-Email',
  'Remote-Name',
  'Remote-Groups',
  'Remote-User-Id',
] as const

/** Together at most 4 KiB; more is a forbid. */
export const MAX_IDENTITY_BYTES = 4_096

const NAMES_BY_FOLD = new Set<string>(IDENTITY_HEADERS.map((name) => name.toLowerCase()))
const NOBODY: readonly string[] = IDENTITY_HEADERS.flatMap((name) => [name, ''])

/**
 * Names and values in turn.
 * @param definedRoles the policy's; roles that it no longer defines are not told
 */
export function identityHeaders(
  principal: Principal | null,
  definedRoles: { has(role: string): boolean },
): readonly string[] {
  if (principal === null) return NOBODY
  const groups = principal.roles.filter((role) => definedRoles.has(role)).join(',')
  const values: Readonly<Record<(typeof IDENTITY_HEADERS)[number], string>> = {
    'Remote-User': principal.login,
    'Remote-Email': principal.email,
    'Remote-Name': principal.name,
    'Remote-Groups': groups,
    'Remote-User-Id': principal.userId,
  }
  return IDENTITY_HEADERS.flatMap((name) => [name, percentUtf8(values[name])])
}

/** ASCII as it is, all else and `%` itself as percent-encoded UTF-8, so that decoding gives the text back. */
export function percentUtf8(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\x20-\x24\x26-\x7e]+/gu, (run) =>
      Array.from(Buffer.from(run), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
    )
}

/** The name as an app may see it that knows headers as variables: lower-case, every run of other characters a dash. */
export function foldHeaderName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '-')
}

/**
 * True for a header name that an app could take for one of ours: the same once every run of other characters is a
 * dash, as CGI, WSGI and PHP do with theirs.
 */
export function isIdentityAlias(name: string): boolean {
  const first = name.charCodeAt(0) | 0x20
  if (first !== 0x72 && first !== 0x78) return false
  const folded = foldHeaderName(name)
  return NAMES_BY_FOLD.has(folded) || folded.startsWith('x-postern-')
}
