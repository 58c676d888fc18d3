import type { FastifyRequest } from 'fastify'
import { hostsOf } from '../web/entrance.ts'
import type { ReturnAddress, ReturnAddresses, WantedReturn } from './return-address.ts'

/** The page that a visitor named, on the app whose host was asked; its root where that can't be one, null for no app. */
export function findAskedPage(
  addresses: ReturnAddresses,
  request: FastifyRequest,
  target: string,
): ReturnAddress | null {
  return firstOf(wantedOf(request, target), (wanted) => addresses.find(wanted))
}

/** The same page, signed for the portal. @param stateHash as `OpenedReturn` has it */
export function signAskedPage(
  addresses: ReturnAddresses,
  request: FastifyRequest,
  { target, stateHash }: { target: string; stateHash: string | null },
): string | null {
  return firstOf(wantedOf(request, target), (wanted) => addresses.sign({ ...wanted, stateHash }))
}

/** What a rule wants of somebody who is signed in: to prove anew who it is, or to give a further factor. */
export type AskedProof = 'again' | 'second_factor'

/**
 * What is to be proven, so that whoever is signed in is not sent straight back; null for nothing. It is in nobody's
 * interest to forge: it only makes one's own browser show a form.
 */
export function askedProof({ query }: Pick<FastifyRequest, 'query'>): AskedProof | null {
  return readProof((query as Readonly<Record<string, string>>)['prove'] ?? null)
}

export function readProof(text: string | null): AskedProof | null {
  return text === 'again' || text === 'second_factor' ? text : null
}

/** The sign-in page that leads on to a signed return address. */
export function signInUrl(signInPage: string, signed: string, proof: AskedProof | null): string {
  return `${signInPage}?rd=${signed}${proof === null ? '' : `&prove=${proof}`}`
}

function wantedOf({ raw }: FastifyRequest, target: string): WantedReturn[] {
  const hosts = hostsOf(raw).map(({ name, port }) => (port === null ? name : `${name}:${port}`))
  return [target, '/'].flatMap((path) => hosts.map((host) => ({ host, target: path })))
}

function firstOf<Item, Found>(items: readonly Item[], find: (item: Item) => Found | null): Found | null {
  for (const item of items) {
    const found = find(item)
    if (found !== null) return found
  }
  return null
}
