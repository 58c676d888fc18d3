import { Mistake } from './values.ts'

/** Where audit events are sent as syslog messages. */
export interface SyslogAddress {
  readonly protocol: 'udp' | 'tcp' | 'tls'
  readonly host: string
  readonly port: number
}

const SYSLOG = /^(udp|tcp|tls):\/\/(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+)):(\d{1,5})\/?$/i
const PROTOCOLS = ['udp', 'tcp', 'tls'] as const

/** An http(s) URL with whatever path and query the receiver wants; these may hold a key of it, so it is never shown. */
export function webhookUrl(value: string): URL | Mistake {
  const url = URL.parse(value)
  if (url === null || !/^https?:$/.test(url.protocol) || url.hash !== '' || url.username + url.password !== '')
    return new Mistake('expects a URL such as https://siem.example.com/postern, without user, password and fragment')
  return url
}

/** `tls://siem.example.com:6514`. */
export function syslogAddress(value: string): SyslogAddress | Mistake {
  const [, scheme, v6, name, digits] = SYSLOG.exec(value) ?? []
  const host = v6 ?? name
  const port = Number(digits)
  const protocol = PROTOCOLS.find((each) => each === scheme?.toLowerCase())
  if (protocol === undefined || host === undefined || port < 1 || port > 65_535)
    return new Mistake('expects udp://, tcp:// or tls:// with host and port, such as tls://siem.example.com:6514')
  return { protocol, host, port }
}
