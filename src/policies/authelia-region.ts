import { isIPv4, isIPv6, SocketAddress } from 'node:net'
import { ALL_METHODS } from './method.ts'
import type { MethodSet } from './method.ts'
import { ANY_SEGMENT } from './pattern.ts'
import type { Pattern } from './pattern.ts'

/** A set of requests to one host: a path of the list, a method of the set, a client of the networks. */
export interface Region {
  readonly paths: readonly Pattern[]
  readonly methods: MethodSet
  /** Null for all clients. */
  readonly networks: readonly Cidr[] | null
}

/** A network of clients. */
export interface Cidr {
  readonly family: 4 | 6
  /** The address as a number, without bits after the prefix. */
  readonly address: bigint
  readonly prefix: number
}

/** Every request to a host. */
export const EVERYTHING: Region = { paths: [{ segments: [], rest: true }], methods: ALL_METHODS, networks: null }

/** The requests that are in both, or null where there are none. */
export function intersect(one: Region, other: Region): Region | null {
  const paths = pairs(one.paths, other.paths, commonPattern)
  const methods = one.methods & other.methods
  const networks = commonNetworks(one.networks, other.networks)
  return paths.length === 0 || methods === 0 || networks?.length === 0 ? null : { paths, methods, networks }
}

/** True where every request of the other is in the one; a sum of several patterns or networks isn't looked for. */
export function covers(one: Region, other: Region): boolean {
  return (
    (other.methods & ~one.methods) === 0 &&
    other.paths.every((path) => one.paths.some((wide) => coversPattern(wide, path))) &&
    coversNetworks(one.networks, other.networks)
  )
}

/** True where every path that the narrow pattern matches is one of the wide one. */
export function coversPattern(wide: Pattern, narrow: Pattern): boolean {
  const isLongEnough = narrow.segments.length >= wide.segments.length
  const mayEnd = wide.rest || (!narrow.rest && narrow.segments.length === wide.segments.length)
  return isLongEnough && mayEnd && wide.segments.every((segment, place) => takes(segment, narrow.segments[place] ?? ''))
}

/** What both patterns match, or null for nothing. */
export function commonPattern(one: Pattern, other: Pattern): Pattern | null {
  const [short, long] = one.segments.length <= other.segments.length ? [one, other] : [other, one]
  if (short.segments.length < long.segments.length && !short.rest) return null
  const segments: string[] = []
  for (const [place, segment] of long.segments.entries()) {
    const beside = short.segments[place] ?? segment
    if (!takes(beside, segment) && !takes(segment, beside)) return null
    segments.push(beside === ANY_SEGMENT ? segment : beside)
  }
  return { segments, rest: short.rest && long.rest }
}

/** True where every client of the narrow networks is one of the wide ones. */
export function coversNetworks(wide: readonly Cidr[] | null, narrow: readonly Cidr[] | null): boolean {
  if (wide === null || narrow === null) return wide === null
  return narrow.every((inner) => wide.some((outer) => contains(outer, inner)))
}

/** An address or a CIDR range whose further bits don't count; null for anything else, IPv4 in IPv6 included. */
export function readCidr(text: string): Cidr | null {
  const [, address = '', prefixText] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const family = isIPv4(address) ? 4 : isIPv6(address) && !/[%.]/.test(address) ? 6 : null
  if (family === null) return null
  const bits = family === 4 ? 32 : 128
  const prefix = prefixText === undefined ? bits : Number(prefixText)
  if (prefix > bits) return null
  const drop = BigInt(bits - prefix)
  return { family, address: ((family === 4 ? numberOf4(address) : numberOf6(address)) >> drop) << drop, prefix }
}

/** A network in the form that a policy file has. */
export function formatCidr({ family, address, prefix }: Cidr): string {
  const groups = family === 4 ? split(address, 8n, 4) : split(address, 16n, 8)
  if (family === 4) return `${groups.join('.')}/${prefix}`
  const text = groups.map((group) => group.toString(16)).join(':')
  return `${new SocketAddress({ address: text, family: 'ipv6' }).address}/${prefix}`
}

/** A pattern in the form that a policy file has. */
export function formatPattern({ segments, rest }: Pattern): string {
  return `/${[...segments, ...(rest ? ['**'] : [])].join('/')}`
}

function takes(wide: string, narrow: string): boolean {
  return wide === narrow || (wide === ANY_SEGMENT && narrow !== '')
}

function commonNetworks(one: readonly Cidr[] | null, other: readonly Cidr[] | null): readonly Cidr[] | null {
  if (one === null || other === null) return one ?? other
  return pairs(one, other, (left, right) => (contains(left, right) ? right : contains(right, left) ? left : null))
}

/** What each of the one and each of the other have in common, without what stands there already. */
function pairs<T>(one: readonly T[], other: readonly T[], common: (left: T, right: T) => T | null): T[] {
  const found = new Map<string, T>()
  for (const left of one) {
    for (const right of other) {
      const both = common(left, right)
      if (both !== null)
        found.set(
          JSON.stringify(both, (_, value: unknown) => plain(value)),
          both,
        )
    }
  }
  return [...found.values()]
}

function plain(value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}

function contains(outer: Cidr, inner: Cidr): boolean {
  if (outer.family !== inner.family || inner.prefix < outer.prefix) return false
  const drop = BigInt((outer.family === 4 ? 32 : 128) - outer.prefix)
  return inner.address >> drop === outer.address >> drop
}

function numberOf4(address: string): bigint {
  return address.split('.').reduce((number, part) => number * 256n + BigInt(part), 0n)
}

function numberOf6(address: string): bigint {
  const [head = '', tail] = address.split('::')
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'))
  const after = tail === undefined ? [] : groups(tail)
  const zeros = Array.from({ length: 8 - groups(head).length - after.length }, () => '0')
  return [...groups(head), ...zeros, ...after].reduce((number, group) => number * 65536n + BigInt(`0x${group}`), 0n)
}

function split(number: bigint, bits: bigint, count: number): number[] {
  const mask = (1n << bits) - 1n
  return Array.from({ length: count }, (_, place) => Number((number >> (bits * BigInt(count - 1 - place))) & mask))
}
