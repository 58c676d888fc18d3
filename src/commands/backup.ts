import { recordEvent } from '../audit/events.ts'
import { OperatorError } from '../errors.ts'
import { done } from './command.ts'
import type { Command } from './command.ts'

/** Part of `backup`: where the database is embedded, a copy of it beside itself, which the caller reads at leisure. */
export const copyForBackup: Command = async ({ copyDatabase }) => {
  if (copyDatabase === null) throw new OperatorError('Only an embedded database is copied to be backed up.', 2)
  const { path, heldMs } = await copyDatabase()
  return done('', { path, held_ms: Math.round(heldMs) })
}

/** Part of `backup`: writes down that one was made. */
export const recordBackup: Command = async ({ database }, { bytes, rows, schema }) => {
  await recordEvent(database, {
    type: 'backup_made',
    result: 'success',
    actor: null,
    resource: 'database',
    details: { bytes: Number(bytes), rows: Number(rows), schema: Number(schema) },
  })
  return done('', null)
}
