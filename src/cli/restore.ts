import { createInterface } from 'node:readline/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { recordEvent } from '../audit/events.ts'
import { checkBackup, verifyChainOfBackup } from '../backup/check-backup.ts'
import type { BackupCheck } from '../backup/check-backup.ts'
import { loadBackup } from '../backup/load.ts'
import { openBackup } from '../backup/open-backup.ts'
import type { OpenBackup } from '../backup/open-backup.ts'
import { COUNT_PROCESSES, COUNT_USERS, HAS_TABLES } from '../backup/tables-table.ts'
import { counted } from '../commands/command.ts'
import type { CommandResult } from '../commands/command.ts'
import { operatorName } from '../commands/operator.ts'
import type { LoadedConfig } from '../config/settings.ts'
import { OperatorError } from '../errors.ts'
import { newRequestId, withOrigin } from '../observe/origin.ts'
import type { Database, Queryable } from '../store/database.ts'
import { MIGRATIONS, openStoreAsItIs } from '../store/open-store.ts'
import { askPassphrase } from './ask-passphrase.ts'
import { createProgress } from './backup-progress.ts'
import type { Options } from './command.ts'
import { showCheck } from './show-check.ts'

const LINGER_MS = 2_000
const UNHEARD = { onLost: () => {}, onConnectionError: () => {} }

/** `restore`: puts a backup in the place of what the database holds, or only looks at it. */
export async function restore(loaded: LoadedConfig, file: string, options: Options): Promise<CommandResult> {
  const fromStdin = options['passphraseStdin'] === true
  const setting = loaded.secrets.backupPassphrase
  const backup = await openBackup(file, () => askPassphrase({ fromStdin, setting, isNew: false }))
  const check = await checked(backup)
  if (options['check'] === true) return showCheck(file, backup, check, await verifyChainOfBackup(backup))
  return putIn(loaded, { backup, check, options })
}

/** Whether a backup is whole is known before anything is opened that could be replaced. */
async function checked(backup: OpenBackup): Promise<BackupCheck> {
  const progress = createProgress('Checked', 'MiB')
  let bytes = 0
  try {
    return await checkBackup(backup, MIGRATIONS, (more) => progress.tell((bytes += more), backup.bytes))
  } finally {
    progress.end()
  }
}

interface Restoring {
  readonly backup: OpenBackup
  readonly check: BackupCheck
  readonly options: Options
}

async function putIn(loaded: LoadedConfig, { backup, check, options }: Restoring): Promise<CommandResult> {
  const startedAt = performance.now()
  await using opened = new AsyncDisposableStack()
  const store = await openStoreAsItIs({ ...loaded, ...UNHEARD, mayCreate: true })
  opened.defer(() => store.close())
  const replaced = await refuseUsed(store.database, options)
  const progress = createProgress('Restored', 'MiB')
  let bytes = 0
  const { rows, users } = check
  const { created, schema, program: version } = backup.facts
  const origin = { address: null, userAgent: '', signInId: null, requestId: newRequestId() }
  const command = { name: 'restore', operator: operatorName() }
  await withOrigin({ ...origin, command }, () =>
    loadBackup({
      ...store,
      backup,
      migrations: MIGRATIONS,
      onRead: (more) => progress.tell((bytes += more), backup.bytes),
      refuseOthers: refuseRunning,
      record: (tx) =>
        recordEvent(tx, {
          type: 'database_restored',
          result: 'success',
          actor: null,
          resource: 'database',
          details: { created, replaced, rows, schema, version },
        }),
    }),
  )
  progress.end()
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10
  const text = [
    `Restored ${users} users, ${rows} rows, as they were at ${created}, in ${seconds} s. Everybody has to sign in anew.`,
    'What ended since then lives again: see "What comes back" in docs/disaster-recovery.md. Then start Postern.',
  ].join('\n')
  return { exitCode: 0, text, data: { created, schema, users, rows, replaced, seconds } }
}

/** @returns how many people are replaced */
async function refuseUsed(database: Database, options: Options): Promise<number> {
  await untilAlone(database)
  const [found] = await database.query(HAS_TABLES)
  const [users] = found?.has === true ? await database.query(COUNT_USERS) : []
  const count = users?.count ?? 0
  if (count === 0) return 0
  if (options['replace'] !== true)
    throw new OperatorError(
      `The database has ${count} users. Restore into an empty one, or give --replace to lose them, their policies and their record.`,
    )
  if (options['yes'] !== true) await confirm(count)
  return count
}

/** Connections of what has just ended go a moment after it. */
async function untilAlone(database: Database): Promise<void> {
  const deadline = performance.now() + LINGER_MS
  while (performance.now() < deadline) {
    const [processes] = await database.query(COUNT_PROCESSES)
    if (processes?.count === 0) return
    await delay(LINGER_MS / 20)
  }
  await refuseRunning(database)
}

async function refuseRunning(database: Queryable): Promise<void> {
  const [processes] = await database.query(COUNT_PROCESSES)
  if (processes !== undefined && processes.count > 0)
    throw new OperatorError(
      `Postern runs on this database, by ${counted(processes.count, 'connection')}. Stop every replica first, then restore.`,
    )
}

async function confirm(count: number): Promise<void> {
  const sentence = `This drops ${count} users, every policy and the whole record of this database, for good.`
  if (!process.stdin.isTTY) throw new OperatorError(`${sentence} Give --yes if that is meant.`, 2)
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await terminal.question(`${sentence}\nType the number of users to go on: `)
    if (answer.trim() !== String(count)) throw new OperatorError('That is another number. Nothing was changed.')
  } finally {
    terminal.close()
  }
}
