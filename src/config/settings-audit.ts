import { syslogAddress } from './audit-sinks.ts'
import { setting } from './setting.ts'

/** Where the audit log is sent; the webhook's address may hold a key, so it is one of the secrets. */
export const AUDIT_SETTINGS = {
  auditSyslog: setting(
    'POSTERN_AUDIT_SYSLOG',
    syslogAddress,
    null,
    'Syslog server that is sent the audit log, from the moment that this is set: tls://host:port, whose certificate is checked, tcp://host:port or udp://host:port, where nobody notices what is lost. Messages of RFC 5424, with octet counting. An authority of your own goes into NODE_EXTRA_CA_CERTS.',
  ),
} as const
