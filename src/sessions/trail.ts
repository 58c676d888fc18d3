/** From where a request comes, as far as it is told; an address that isn't told is an empty text. */
export interface Visit {
  readonly clientAddress: string
  /** Left out where none was sent. */
  readonly userAgent?: string
}

/** What a sign-in has shown of where it is used, that of its beginning first. */
export interface Shown {
  readonly networks: readonly string[]
  /** Digests, as `deviceOf` makes them. */
  readonly devices: readonly string[]
  /** Each `network device` that both were new at once. */
  readonly moves: readonly string[]
}

/** What this process knows of it, and the last visit that was compared and is at home. */
export interface Trail {
  networks: readonly string[]
  devices: readonly string[]
  moves: readonly string[]
  address: string
  userAgent: string
}

/** Home, office, train and telephone, in two address families. */
export const MAX_SHOWN = 8

export function createTrail({ networks, devices, moves }: Shown): Trail {
  return { networks, devices, moves, address: '\0', userAgent: '\0' }
}

/** Adds what another look at the sign-in has shown. */
export function mergeShown(trail: Trail, { networks, devices, moves }: Shown): void {
  trail.networks = networks.reduce(withShown, trail.networks)
  trail.devices = devices.reduce(withShown, trail.devices)
  trail.moves = moves.reduce(withShown, trail.moves)
}

/** The first of a list stays, and of the others the latest. */
export function withShown(list: readonly string[], item: string): readonly string[] {
  if (list.includes(item)) return list
  const [first, ...others] = [...list, item]
  return first === undefined ? [] : [first, ...others.slice(1 - MAX_SHOWN)]
}

/** True without a further look for who comes as he did the last time. */
export function isLastVisit(trail: Trail, { clientAddress, userAgent = '' }: Visit): boolean {
  return trail.address === clientAddress && trail.userAgent === userAgent
}
