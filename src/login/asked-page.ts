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
