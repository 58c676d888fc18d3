import { verifyChain } from '../audit/verify.ts'
import type { Verified } from '../audit/verify.ts'
import { stepsTo } from '../store/migrate-anew.ts'
import { readChainOfBackup } from './chain-of-backup.ts'
import type { OpenBackup } from './open-backup.ts'
import type { TableSum } from './records.ts'

export interface BackupCheck {
  readonly tables: readonly TableSum[]
  readonly rows: number
  readonly users: number
  /** Migrations that a restore would go on with, by their names. */
  readonly onward: readonly string[]
}

/**
 * Reads a whole backup, so that nothing is begun with one that isn't whole.
 * @param migrations folder of the program's own
 * @throws OperatorError where it was changed or cut off, or is newer than this program
 */
export async function checkBackup(
  backup: OpenBackup,
  migrations: string,
  onRead: (bytes: number) => void,
): Promise<BackupCheck> {
  let tables: readonly TableSum[] = []
  let onward: readonly string[] = []
  for await (const record of backup.read(onRead)) {
    if (record.kind === 'begin') onward = (await stepsTo(migrations, record.migrations)).onward.map(({ name }) => name)
    if (record.kind === 'end') tables = record.tables
  }
  const users = tables.find(({ table }) => table === 'users')?.rows ?? 0
  return { tables, users, rows: tables.reduce((sum, { rows }) => sum + rows, 0), onward }
}

/** Verifies the record that a backup holds, as `postern audit verify` does with that of a database. */
export function verifyChainOfBackup(backup: OpenBackup): Promise<Verified> {
  return verifyChain(readChainOfBackup(backup), { head: null })
}
