import { isIPv4 } from 'node:net'
import { readPort, shortestIpv6 } from './address.ts'

/** A host as a request named it: lower-case, without a trailing dot; `port` is null when none was given. */
export interface Host {
  readonly name: string
  readonly port: number | null
}

const MAX_NAME_LENGTH = 253
const MAX_LABEL_LENGTH = 63
const HYPHEN = 0x2d
const DOT = 0x2e

/**
 * Reads `name[:port]` by the strict grammar of host names (RFC 1123) and IP literals, an IPv6 one in brackets and
 * its shortest form. Null for everything else: nothing is decoded, mapped or repaired on the way.
 */
export function readHost(text: string): Host | null {
  const nameEnd = text.startsWith('[') ? text.indexOf(']') + 1 : text.indexOf(':')
  if (nameEnd === 0) return null
  const end = nameEnd === -1 ? text.length : nameEnd
  const name = text.startsWith('[') ? readIpv6Name(text.slice(1, end - 1)) : readName(text.slice(0, end))
  if (name === null) return null
  if (end === text.length) return { name, port: null }
  const port = text.charAt(end) === ':' ? readPort(text.slice(end + 1)) : null
  return port === null ? null : { name, port }
}

function readIpv6Name(text: string): string | null {
  const address = shortestIpv6(text)
  return address === null || !address.includes(':') ? null : `[${address}]`
}

function readName(text: string): string | null {
  const name = text.endsWith('.') ? text.slice(0, -1) : text
  if (name.length === 0 || name.length > MAX_NAME_LENGTH || !hasOnlyLabels(name)) return null
  // What resolvers and browsers would take for a number is an IPv4 address or nothing.
  if (endsInNumber(name) && !isIPv4(name)) return null
  return name.toLowerCase()
}

function hasOnlyLabels(name: string): boolean {
  let labelStart = 0
  for (let index = 0; index <= name.length; index++) {
    const code = index === name.length ? DOT : name.charCodeAt(index)
    if (code === DOT) {
      const length = index - labelStart
      if (length === 0 || length > MAX_LABEL_LENGTH || name.charCodeAt(index - 1) === HYPHEN) return false
      labelStart = index + 1
    } else if (!isLetterOrDigit(code) && !(code === HYPHEN && index > labelStart)) return false
  }
  return true
}

function endsInNumber(name: string): boolean {
  const start = name.lastIndexOf('.') + 1
  const first = name.charCodeAt(start)
  if (!isDigit(first)) return false
  if (first === 0x30 && (name.charCodeAt(start + 1) | 0x20) === 0x78) return true
  for (let index = start + 1; index < name.length; index++) {
    if (!isDigit(name.charCodeAt(index))) return false
  }
  return true
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

function isLetterOrDigit(code: number): boolean {
  const lower = code | 0x20
  return (lower >= 0x61 && lower <= 0x7a) || isDigit(code)
}
