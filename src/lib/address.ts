import { BlockList, isIPv4, isIPv6, SocketAddress } from 'node:net'

/** A list of networks that an address can be looked up in. */
export interface Networks {
  /** False for what isn't an address. */
  contain(address: string): boolean
}

/** What one connection and its headers say about where a request comes from. */
export interface ClientAddressSource {
  /** Address of the socket's other end, or null for a unix socket, whose file mode is its list of who may connect. */
  readonly peer: string | null
  /** Values of the `X-Forwarded-For` header lines in the order received. */
  readonly forwardedFor: readonly string[]
  readonly trusted: Networks
}

/** More hops than any real chain of proxies has, few enough that a header of thousands costs nothing. */
const MAX_FORWARDED_ENTRIES = 32

/** A port from 1 to 65535, or null for anything else, leading zeros included. */
export function readPort(text: string): number | null {
  if (text.length === 0 || text.length > 5) return null
  let port = 0
  for (let index = 0; index < text.length; index++) {
    const digit = text.charCodeAt(index) - 48
    if (digit < 0 || digit > 9 || (digit === 0 && port === 0)) return null
    port = port * 10 + digit
  }
  return port <= 65535 ? port : null
}

/**
 * An IP address in its shortest form, from `1.2.3.4`, `1.2.3.4:port`, `2001:db8::1`, `[2001:db8::1]` or
 * `[2001:db8::1]:port`; an IPv4-mapped address becomes IPv4. Null for anything else, zones and octal notation included.
 */
export function readAddress(text: string): string | null {
  if (isIPv4(text)) return text
  if (text.startsWith('[')) return readBracketed(text)
  if (isIPv6(text)) return shortestIpv6(text)
  const colon = text.indexOf(':')
  if (colon === -1 || readPort(text.slice(colon + 1)) === null) return null
  const address = text.slice(0, colon)
  return isIPv4(address) ? address : null
}

/** An IPv6 address without brackets in its shortest form, or null; an IPv4-mapped one becomes IPv4. */
export function shortestIpv6(text: string): string | null {
  if (!isIPv6(text) || text.includes('%')) return null
  const { address } = new SocketAddress({ address: text, family: 'ipv6' })
  const isMapped = address.startsWith('::ffff:') && address.includes('.')
  return isMapped ? address.slice('::ffff:'.length) : address
}

/**
 * Networks from addresses and CIDR ranges, or the sentence that tells every entry that can't be used and why.
 * Host bits, IPv4-mapped notation and prefixes out of range are refused: each is more likely a slip than meant.
 */
export function readNetworks(list: readonly string[]): Networks | string {
  const blocks = new BlockList()
  const mistakes: string[] = []
  for (const entry of list) {
    const mistake = addNetwork(blocks, entry)
    if (mistake !== null) mistakes.push(mistake)
  }
  if (mistakes.length > 0) return mistakes.join(' ')
  return { contain: (text) => isIn(blocks, readAddress(text)) }
}

/**
 * The client as the trusted proxies tell it: from the socket's other end, while that is trusted, one entry further
 * left in `X-Forwarded-For`. Null when the entry that decides is not an address.
 */
export function clientAddress({ peer, forwardedFor, trusted }: ClientAddressSource): string | null {
  let current = peer === null ? null : readAddress(peer)
  if (peer !== null && current === null) return null
  const entries = forwardedFor.length === 1 ? (forwardedFor[0] ?? '') : forwardedFor.join(',')
  let end = forwardedFor.length === 0 ? -1 : entries.length
  for (let taken = 0; taken < MAX_FORWARDED_ENTRIES && end >= 0; taken++) {
    if (current !== null && !trusted.contain(current)) return current
    const comma = entries.lastIndexOf(',', end - 1)
    current = readAddress(trimBlanks(entries.slice(comma + 1, end)))
    if (current === null) return null
    end = comma
  }
  return current
}

function isIn(blocks: BlockList, address: string | null): boolean {
  return address !== null && blocks.check(address, familyOf(address))
}

function readBracketed(text: string): string | null {
  const close = text.indexOf(']')
  const rest = text.slice(close + 1)
  if (close === -1 || (rest !== '' && !(rest.startsWith(':') && readPort(rest.slice(1)) !== null))) return null
  return shortestIpv6(text.slice(1, close))
}

/** Optional blanks of a header list are space and tab alone; `trim` would also take a no-break space. */
function trimBlanks(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4'
}

function addNetwork(blocks: BlockList, entry: string): string | null {
  const slash = entry.indexOf('/')
  const text = slash === -1 ? entry : entry.slice(0, slash)
  const address = isIPv4(text) ? text : shortestIpv6(text)
  if (address === null) return `"${entry}" is not a network: write it like 10.0.0.0/8 or 2001:db8::/32.`
  if (familyOf(address) !== familyOf(text)) return `"${entry}" is IPv4 written as IPv6: write the IPv4 network.`
  const bits = familyOf(address) === 'ipv4' ? 32 : 128
  const prefix = slash === -1 ? bits : readPrefix(entry.slice(slash + 1), bits)
  if (prefix === null) return `"${entry}" needs a prefix from 0 to ${bits} after the slash, without leading zeros.`
  if (hasHostBits(bytesOf(address), prefix)) return `"${entry}" has bits set after its first ${prefix}: clear them.`
  blocks.addSubnet(address, prefix, familyOf(address))
  return null
}

function readPrefix(text: string, bits: number): number | null {
  if (text === '0') return 0
  const prefix = readPort(text)
  return prefix !== null && prefix <= bits ? prefix : null
}

function hasHostBits(bytes: readonly number[], prefix: number): boolean {
  return bytes.some((byte, index) => {
    const networkBits = Math.min(8, Math.max(0, prefix - index * 8))
    return (byte & (0xff >> networkBits)) !== 0
  })
}

function bytesOf(address: string): number[] {
  if (familyOf(address) === 'ipv4') return address.split('.').map(Number)
  const [head = '', tail] = address.split('::')
  const first = groupBytes(head)
  const last = groupBytes(tail ?? '')
  return [...first, ...Array.from({ length: 16 - first.length - last.length }, () => 0), ...last]
}

function groupBytes(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return bytesOf(group)
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 0xff]
  })
}
