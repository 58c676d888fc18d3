import { counted } from './commands/command.ts'
import type { CommandResult } from './commands/command.ts'
import { controlSocketPath } from './store/control-path.ts'
import { sendOrder } from './commands/control.ts'
import type { Order, Reply } from './commands/control.ts'
import { runOrder } from './commands/registry.ts'
import type { LoadedConfig } from './config/settings.ts'
import { createContext } from './context.ts'
import { createLog } from './observe/log.ts'
import { migrateStore, openStore } from './store/open-store.ts'

/** A command is told of a store in trouble by its own statements. */
const UNHEARD = { onLost: () => {}, onConnectionError: () => {} }

/**
 * Runs a command where it can: on the server that owns the embedded database, or here on a store opened for it.
 * @throws OperatorError when the store can't be opened
 */
export async function runAnywhere(loaded: LoadedConfig, order: Order): Promise<Reply> {
  const { config, secrets } = loaded
  if (secrets.databaseUrl === null) {
    const reply = await sendOrder(controlSocketPath(config.dataDir), order)
    if (reply !== null) return reply
  }
  const log = createLog('fatal')
  const store = await openStore({ config, secrets, ...UNHEARD, mayCreate: false })
  try {
    const context = await createContext({ loaded, store, log, onFirstRunDone: async () => {} })
    return await runOrder(context, order)
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
