import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openPostgres } from '../src/store/postgres.ts'
import { HOSTS } from './cases.ts'
import type { Case, GatewayName } from './cases.ts'
import type { Gateways } from './environment.ts'
import type { Place } from './place.ts'
import { askAll } from './sessions/memory.ts'
import { createSignIns } from './sessions/signed-in.ts'
import { connectMany } from './sessions/verify-connection.ts'

/**
 * Sessions that take turns, more of them than memory holds: it drops what was used longest ago, so each is forgotten
 * when its turn comes again.
 */
export interface ManySessions {
  /** Their tokens, one a line. */
  readonly file: string
  readonly tokens: readonly string[]
  /** The place in the file of whose turn it is, after what processes share was filled anew where that is due. */
  turnFor(measured: Pick<Case, 'gateway'>): Promise<number>
  /** Notes how many turns were taken. */
  taken(measured: Pick<Case, 'gateway'>, turns: number): void
}

/** A tenth more than memory holds (DESIGN 5a). */
const SESSIONS = 110_000
/** Entries that processes share live 5 minutes, and are to last for a whole measurement. */
const REFILL_MS = 150_000
const FILLING_CONNECTIONS = 32

/** Signs so many people in. The gateways start with nobody in memory. */
export async function openManySessions(
  { folder, databaseUrl, secretKey }: Place,
  gateways: Gateways,
): Promise<ManySessions> {
  const tokens = await signIn(databaseUrl, secretKey)
  const file = join(folder, 'tokens')
  writeFileSync(file, tokens.join('\n'))
  const turns = new Map<GatewayName, number>()
  const filledAt = new Map<GatewayName, number>()
  const fill = async (name: GatewayName, from: number): Promise<void> => {
    const gateway = gateways.get(name)
    const isFilled = performance.now() - (filledAt.get(name) ?? -Infinity) < REFILL_MS
    if (gateway === undefined || gateway.emptyShared === null || isFilled) return
    gateway.emptyShared()
    await using opened = new AsyncDisposableStack()
    const connections = await connectMany(gateway.address, FILLING_CONNECTIONS, { opened, host: HOSTS[name] })
    // In the order of turns, so that memory forgets in that order too.
    await askAll(connections, [...tokens.slice(from), ...tokens.slice(0, from)])
    filledAt.set(name, performance.now())
  }
  return {
    file,
    tokens,
    async turnFor({ gateway }) {
      const turn = turns.get(gateway) ?? 0
      await fill(gateway, turn)
      return turn
    },
    taken: ({ gateway }, count) => void turns.set(gateway, ((turns.get(gateway) ?? 0) + count) % SESSIONS),
  }
}

async function signIn(databaseUrl: string, secretKey: string): Promise<string[]> {
  const database = openPostgres({ url: databaseUrl, poolSize: 1 })
  try {
    return await (
      await createSignIns(database, secretKey)
    )(SESSIONS)
  } finally {
    await database.close()
  }
}
