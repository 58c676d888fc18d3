import { makeBackup } from '../backup/make-backup.ts'
import type { BackupMade } from '../backup/make-backup.ts'
import { refuseExisting, writeFileWhole, writeToOutput } from '../backup/output-file.ts'
import type { CommandResult } from '../commands/command.ts'
import type { Reply } from '../commands/control.ts'
import type { LoadedConfig } from '../config/settings.ts'
import { OperatorError } from '../errors.ts'
import { openCopy, openStore } from '../store/open-store.ts'
import type { Store } from '../store/open-store.ts'
import { askPassphrase } from './ask-passphrase.ts'
import { createProgress } from './backup-progress.ts'
import type { Options } from './command.ts'
import { runAnywhere } from './run-command.ts'

const UNHEARD = { onLost: () => {}, onConnectionError: () => {} }
const TO_OUTPUT = '-'

export interface BackupWish {
  /** `-` for standard output. */
  readonly file: string
  readonly options: Options
  /** Of this program. */
  readonly version: string
}

/**
 * `backup`: all that the database holds, in one sealed file.
 * @returns null where standard output is taken by the backup itself
 */
export async function backUp(
  loaded: LoadedConfig,
  { file, options, version }: BackupWish,
): Promise<CommandResult | null> {
  const mayReplace = options['force'] === true
  if (file === TO_OUTPUT && process.stdout.isTTY) throw new OperatorError('A backup is no text: send it to a file.', 2)
  if (file !== TO_OUTPUT && !mayReplace) refuseExisting(file)
  const setting = loaded.secrets.backupPassphrase
  const passphrase = await askPassphrase({ fromStdin: options['passphraseStdin'] === true, setting, isNew: true })
  const startedAt = performance.now()
  const progress = createProgress('Written', 'rows')
  const { store, heldMs } = await openSource(loaded)
  let made: BackupMade
  try {
    made = await makeBackup({
      ...store,
      passphrase,
      program: version,
      now: new Date(),
      write: (parts) => (file === TO_OUTPUT ? writeToOutput(parts) : writeFileWhole(file, parts, mayReplace)),
      onRows: (count, ofAbout) => progress.tell(count, ofAbout),
    })
  } finally {
    await store.close()
    progress.end()
  }
  await tellMade(loaded, made)
  if (file === TO_OUTPUT) return null
  return describe(made, file, { ms: performance.now() - startedAt, heldMs })
}

type Source = Pick<Store, 'database' | 'secretKeys' | 'close'>

/** PostgreSQL itself shows one moment; the embedded database, which has one connection, is copied first. */
async function openSource(loaded: LoadedConfig): Promise<{ store: Source; heldMs: number | null }> {
  if (loaded.secrets.databaseUrl !== null) {
    return { store: await openStore({ ...loaded, ...UNHEARD, mayCreate: false }), heldMs: null }
  }
  const { path, held_ms: heldMs } = dataOf(await runAnywhere(loaded, { command: 'backup copy', given: {} })) as {
    readonly path: string
    readonly held_ms: number
  }
  return { store: await openCopy(path, loaded), heldMs }
}

/** The file stands, whether or not that can be written down. */
async function tellMade(loaded: LoadedConfig, { bytes, rows, schema }: BackupMade): Promise<void> {
  try {
    dataOf(await runAnywhere(loaded, { command: 'backup made', given: { bytes, rows, schema } }))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    process.stderr.write(`The backup is made, but the record does not say so: ${reason}\n`)
  }
}

function dataOf(reply: Reply): unknown {
  if ('refusal' in reply) throw new OperatorError(reply.refusal, reply.exitCode)
  return reply.result.data
}

function describe(
  made: BackupMade,
  file: string,
  { ms, heldMs }: { readonly ms: number; readonly heldMs: number | null },
): CommandResult {
  const { bytes, rows, tables, schema, created } = made
  const users = tables.find(({ table }) => table === 'users')?.rows ?? 0
  const seconds = Math.round(ms / 100) / 10
  const text = [
    `${file}: ${users} users, ${rows} rows, ${bytes} bytes, in ${seconds} s.`,
    `Look at it with: postern restore --check ${file}`,
  ].join('\n')
  const data = { file, created, schema, users, rows, bytes, seconds, held_ms: heldMs, tables }
  return { exitCode: 0, text, data }
}
