import type { NetConnectOpts } from 'node:net'

const UNIX = 'unix:'

/** What `connect` of node:net takes for an address. @param address as nginx writes it: `unix:/x` or `127.0.0.1:1` */
export function connectOptions(address: string): NetConnectOpts {
  if (address.startsWith(UNIX)) return { path: address.slice(UNIX.length) }
  const at = address.lastIndexOf(':')
  return { host: address.slice(0, at).replace(/^\[(.*)\]$/, '$1'), port: Number(address.slice(at + 1)), noDelay: true }
}
