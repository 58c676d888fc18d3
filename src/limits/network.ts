import { isIPv6 } from 'node:net'

const GROUPS = 8
const GROUP_BITS = 16

/**
 * What one visitor can hold at the least, as a network in CIDR form: one address of IPv4, a /64 of IPv6.
 * @param address in its shortest form, as `readAddress` gives it
 */
export function networkOf(address: string): string {
  return isIPv6(address) ? prefixOf(address, 4) : `${address}/32`
}

/**
 * What one customer of a provider may hold, as a network in CIDR form: one address of IPv4, a /48 of IPv6.
 * @param address as for `networkOf`
 */
export function siteOf(address: string): string {
  return isIPv6(address) ? prefixOf(address, 3) : `${address}/32`
}

/**
 * What addresses of one provider that take turns have in common: 256 addresses of IPv4, a /48 of IPv6.
 * @param address as for `networkOf`
 */
export function nearbyOf(address: string): string {
  return isIPv6(address) ? prefixOf(address, 3) : `${address.slice(0, address.lastIndexOf('.'))}.0/24`
}

function prefixOf(address: string, count: number): string {
  const [head = '', tail] = address.split('::')
  const first = groupsOf(head)
  const missing = tail === undefined ? 0 : GROUPS - first.length - groupsOf(tail).length
  const all = [...first, ...Array.from({ length: missing }, () => '0'), ...groupsOf(tail ?? '')]
  return `${all.slice(0, count).join(':')}::/${count * GROUP_BITS}`
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':')
}
