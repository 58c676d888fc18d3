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

/**
 * True where a rule wants it proven anew who somebody is, so that whoever is signed in is not sent straight back. It is
 * in nobody's interest to forge: it only makes one's own browser show the form.
 */
export function mustProve({ query }: FastifyRequest): boolean {
  return (query as Readonly<Record<string, string>>)['prove'] === 'again'
}

/** The sign-in page that leads on to a signed return address. */
export function signInUrl(signInPage: string, signed: string, proves: boolean): string {
  return `${signInPage}?rd=${signed}${proves ? '&prove=again' : ''}`
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
