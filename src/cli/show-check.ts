import type { Verified } from '../audit/verify.ts'
import type { BackupCheck } from '../backup/check-backup.ts'
import type { OpenBackup } from '../backup/open-backup.ts'
import { counted, table } from '../commands/command.ts'
import type { CommandResult } from '../commands/command.ts'

const MOST_FAULTS = 20
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** What `restore --check` found. */
export function showCheck(file: string, backup: OpenBackup, check: BackupCheck, chain: Verified): CommandResult {
  const { facts, bytes } = backup
  const age = ageOf(Date.now() - Date.parse(facts.created))
  const filled = check.tables.filter(({ rows }) => rows > 0).map(({ table: name, rows }) => [name, String(rows)])
  const text = [
    `${file} is whole: ${bytes} bytes, made ${age} ago at ${facts.created} by Postern ${facts.program}.`,
    `Schema ${facts.schema}${onwardText(check)}; ${check.users} users, ${check.rows} rows:`,
    table(['TABLE', 'ROWS'], filled),
    chain.ok
      ? `The record in it is as it was written: ${chain.rows} rows in ${chain.batches} batches, ${chain.unsealed} not sealed yet.`
      : 'The record in it was tampered with before the backup was made:',
    ...chain.faults.slice(0, MOST_FAULTS).map((fault) => `  ${fault.text}`),
  ]
  const data = { file, ...facts, bytes, users: check.users, rows: check.rows, onward: check.onward, chain }
  return { exitCode: chain.ok ? 0 : 1, text: text.join('\n'), data: { ...data, tables: check.tables } }
}

function onwardText({ onward }: BackupCheck): string {
  return onward.length === 0
    ? ', that of this version'
    : `; a restore applies ${counted(onward.length, 'migration')} more`
}

function ageOf(ms: number): string {
  return ms < 2 * DAY_MS ? counted(Math.max(0, Math.floor(ms / HOUR_MS)), 'hour') : `${Math.floor(ms / DAY_MS)} days`
}
