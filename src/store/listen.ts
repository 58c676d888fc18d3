import { Client } from 'pg'
import type { ClientConfig } from 'pg'
import { toStoreError } from './unavailable.ts'

/** A connection of its own that hears a channel's bells. */
export interface Listening {
  /** Resolves when the connection is gone, for whatever reason. */
  readonly ended: Promise<void>
  close(): void
}

const TIMEOUT_MS = 2_000

/**
 * Connects and listens; must reach the server itself, not a pooler.
 * @param onBell called for every NOTIFY on the channel
 */
export async function listenOnce(session: ClientConfig, channel: string, onBell: () => void): Promise<Listening> {
  const client = new Client({
    ...session,
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
    application_name: 'postern bell',
  })
  const ended = new Promise<void>((resolve) => client.once('end', resolve))
  client.on('error', () => undefined)
  client.on('notification', onBell)
  const close = (): void => void client.end().catch(() => undefined)
  try {
    await client.connect()
    await client.query(`listen ${client.escapeIdentifier(channel)}`)
  } catch (error) {
    close()
    throw toStoreError(error)
  }
  return { ended, close }
}
