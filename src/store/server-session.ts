import type { ClientConfig } from 'pg'
import type { DatabaseAddress, DatabaseHost } from '../config/database-address.ts'
import { openDatabaseTls } from './database-tls.ts'

/** How a session with one host of an address is opened. */
export type SessionFor = (host: DatabaseHost) => ClientConfig

/** @throws OperatorError when a file that the address names can't be read */
export function openSessions(address: DatabaseAddress): SessionFor {
  const tlsFor = openDatabaseTls(address)
  const { user, password, database, options, applicationName } = address
  const own = {
    ...(user !== null && { user }),
    ...(password !== null && { password }),
    ...(database !== null && { database }),
    ...(options !== null && { options }),
    ...(applicationName !== null && { application_name: applicationName }),
  }
  return (host) => ({ ...own, host: host.host, port: host.port, ssl: tlsFor(host), keepAlive: true })
}
