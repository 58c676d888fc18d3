import { readHost } from '../lib/host.ts'

/** In front of the rest of a name: exactly one label, or the visitor's login as one. */
const ONE_LABEL = ['*.', '{login}.'] as const

/** A host of the policy file in the form that hosts of requests have, or null. */
export function readPolicyHost(text: string): string | null {
  const label = ONE_LABEL.find((start) => text.startsWith(start)) ?? ''
  const host = readHost(text.slice(label.length))
  if (host === null || host.port !== null) return null
  return label !== '' && /^[\d.]+$|^\[/.test(host.name) ? null : label + host.name
}
