import { isIPv6 } from 'node:net'

const GROUPS = 8
const GROUPS_OF_A_NETWORK = 4

/**
 * What one visitor can hold at the least, as a network in CIDR form: one address of IPv4, a /64 of IPv6.
 * @param address in its shortest form, as `readAddress` gives it
 */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return `${address}/32`
  const [head = '', tail] = address.split('::')
  const first = groupsOf(head)
  const missing = tail === undefined ? 0 : GROUPS - first.length - groupsOf(tail).length
  const all = [...first, ...Array.from({ length: missing }, () => '0'), ...groupsOf(tail ?? '')]
  return `${all.slice(0, GROUPS_OF_A_NETWORK).join(':')}::/64`
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':')
}
