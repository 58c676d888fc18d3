import { Socket } from 'node:net'
import { Client } from 'pg'
import type { ClientBase } from 'pg'
import type { DatabaseHost } from '../config/database-address.ts'
import type { ServerFacts } from './choose-server.ts'
import { READ_SERVER, READ_SERVER_ROLE } from './server-table.ts'
import type { ServerRow } from './server-table.ts'
import type { SessionFor } from './server-session.ts'
import { storeUnavailable, toStoreError, isStoreUnavailable } from './unavailable.ts'

/** Asks servers what they are, on a connection of its own to each. */
export interface ServerAsker {
  /** @throws PosternError `store_unavailable` for one that doesn't answer in time */
  ask(host: DatabaseHost): Promise<ServerFacts>
  close(): void
}

/** What the server at the other end of a connection tells of itself. */
export async function readServerFacts(client: Pick<ClientBase, 'query'>): Promise<ServerFacts> {
  const whole = await client.query<ServerRow>(READ_SERVER.text).catch((error: unknown) => {
    if (isStoreUnavailable(toStoreError(error))) throw error
    return null
  })
  if (whole?.rows[0] !== undefined) return factsOf(whole.rows[0])
  const { rows } = await client.query<Pick<ServerRow, 'in_recovery' | 'read_only'>>(READ_SERVER_ROLE.text)
  if (rows[0] === undefined) throw storeUnavailable(new Error('the server does not tell what it is'))
  return factsOf({ ...rows[0], system: '', timeline: 0 })
}

/** @param isKept whether connections stay open from one question to the next */
export function createServerAsker(sessionFor: SessionFor, timeoutMs: number, isKept: boolean): ServerAsker {
  const kept = new Map<DatabaseHost, { client: Client; socket: Socket }>()
  const underWay = new Map<DatabaseHost, Promise<ServerFacts>>()
  const drop = (host: DatabaseHost): void => {
    const found = kept.get(host)
    kept.delete(host)
    found?.client.end().catch(() => undefined)
    // A server that hangs takes no leave.
    found?.socket.destroySoon()
  }
  const open = async (host: DatabaseHost): Promise<Client> => {
    const socket = new Socket()
    const client = new Client({
      application_name: 'postern watch',
      ...sessionFor(host),
      stream: () => socket,
      connectionTimeoutMillis: timeoutMs,
      query_timeout: timeoutMs,
    })
    kept.set(host, { client, socket })
    client.on('error', () => drop(host))
    client.on('end', () => kept.get(host)?.client === client && kept.delete(host))
    await client.connect()
    return client
  }
  const ask = async (host: DatabaseHost): Promise<ServerFacts> => {
    try {
      const client = kept.get(host)?.client ?? (await open(host))
      const facts = await readServerFacts(client)
      if (!isKept) drop(host)
      return facts
    } catch (error) {
      drop(host)
      throw isStoreUnavailable(toStoreError(error)) ? toStoreError(error) : storeUnavailable(error)
    }
  }
  return {
    ask(host) {
      const asked = underWay.get(host) ?? ask(host).finally(() => underWay.delete(host))
      underWay.set(host, asked)
      return asked
    },
    close: () => [...kept.keys()].forEach(drop),
  }
}

function factsOf({ in_recovery: isInRecovery, read_only: isReadOnly, system, timeline }: ServerRow): ServerFacts {
  return { isInRecovery, isReadOnly, system, timeline }
}
