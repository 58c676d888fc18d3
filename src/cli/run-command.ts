import { setTimeout as delay } from 'node:timers/promises'
import { counted } from '../commands/command.ts'
import type { CommandResult } from '../commands/command.ts'
import { answersOrders, sendOrder } from '../commands/control.ts'
import type { Order, Reply } from '../commands/control.ts'
import { operatorName } from '../commands/operator.ts'
import { runOrder } from '../commands/registry.ts'
import type { LoadedConfig } from '../config/settings.ts'
import { OperatorError } from '../errors.ts'
import { createLog } from '../observe/log.ts'
import { createContext } from '../parts/context.ts'
import { openSecondTier } from '../parts/second-tier.ts'
import { controlSocketPath } from '../store/control-path.ts'
import type { KeyValue } from '../store/key-value.ts'
import { migrateStore, openStore } from '../store/open-store.ts'

const COUNTING = /^(?:attempts |user unlock$)/
const PING_MS = 50
const PINGS = 60
/** A command is told of a store in trouble by its own statements. */
const UNHEARD = { onLost: () => {}, onConnectionError: () => {} }

/**
 * Runs a command where it can: on the server that owns the embedded database, or here on a store opened for it.
 * @throws OperatorError when the store can't be opened
 */
export function runAnywhere(loaded: LoadedConfig, order: Order): Promise<Reply> {
  return runInTurn(loaded, (run) => run(order))
}

/** The same for any number of commands in turn, for which a store is opened once. */
export async function runInTurn<T>(
  loaded: LoadedConfig,
  work: (run: (order: Order) => Promise<Reply>) => Promise<T>,
): Promise<T> {
  const socket = controlSocketPath(loaded.config.dataDir)
  const operator = operatorName()
  if (loaded.secrets.databaseUrl !== null || !(await answersOrders(socket)))
    return runHere(loaded, (run) => work((order) => run({ ...order, operator })))
  return work(async (order) => {
    const reply = await sendOrder(socket, { ...order, operator })
    if (reply === null) throw new OperatorError('The running server ended. Run the command again.')
    return reply
  })
}

async function runHere<T>(
  loaded: LoadedConfig,
  work: (run: (order: Order) => Promise<Reply>) => Promise<T>,
): Promise<T> {
  const { config, secrets } = loaded
  const log = createLog('fatal')
  await using opened = new AsyncDisposableStack()
  const store = await openStore({ config, secrets, ...UNHEARD, mayCreate: false })
  opened.defer(() => store.close())
  const keyValue = openSecondTier(secrets, log)
  opened.defer(() => keyValue?.close())
  const context = await createContext({ loaded, store, keyValue, log, onFirstRunDone: async () => {} })
  return await work(async (order) => {
    // What is counted in Redis can be neither listed nor cleared without it; all else goes on.
    if (keyValue !== null && COUNTING.test(order.command)) await answers(keyValue)
    return runOrder(context, order)
  })
}

/** @throws OperatorError when it doesn't within the time that a start of it takes */
async function answers(keyValue: KeyValue): Promise<void> {
  for (let tries = 0; tries < PINGS; tries++) {
    if (
      await keyValue.ping().then(
        () => true,
        () => false,
      )
    )
      return
    await delay(PING_MS)
  }
  throw new OperatorError(`Redis does not answer: ${keyValue.trouble ?? 'no reason told'}. Check POSTERN_REDIS_URL.`)
}

/** Brings the database up to this version. @param tell told of each migration as it is done */
export async function runMigrations(
  { config, secrets }: LoadedConfig,
  tell: (line: string) => void,
): Promise<CommandResult> {
  const applied: string[] = []
  await migrateStore({ config, secrets, ...UNHEARD, mayCreate: true }, (name, ms) => {
    applied.push(name)
    tell(`${name} applied in ${Math.round(ms)} ms`)
  })
  const text = applied.length === 0 ? 'The database is up to date.' : `Applied ${counted(applied.length, 'migration')}.`
  return { exitCode: 0, text, data: { applied } }
}
