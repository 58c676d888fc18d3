import { counted } from './commands/command.ts'
import type { CommandResult } from './commands/command.ts'
import { controlSocketPath } from './store/control-path.ts'
import { answersOrders, sendOrder } from './commands/control.ts'
import type { Order, Reply } from './commands/control.ts'
import { runOrder } from './commands/registry.ts'
import type { LoadedConfig } from './config/settings.ts'
import { createContext } from './context.ts'
import { OperatorError } from './errors.ts'
import { createLog } from './observe/log.ts'
import { migrateStore, openStore } from './store/open-store.ts'

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
  if (loaded.secrets.databaseUrl !== null || !(await answersOrders(socket))) return runHere(loaded, work)
  return work(async (order) => {
    const reply = await sendOrder(socket, order)
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
  const store = await openStore({ config, secrets, ...UNHEARD, mayCreate: false })
  try {
    const context = await createContext({ loaded, store, log, onFirstRunDone: async () => {} })
    return await work((order) => runOrder(context, order))
  } finally {
    await store.close()
  }
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
