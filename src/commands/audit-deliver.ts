import { SINK_NAMES } from '../audit/deliver.ts'
import { DELIVER_FROM, LIST_SINKS } from '../audit/deliver-table.ts'
import type { SinkRow } from '../audit/deliver-table.ts'
import { recordEvent } from '../audit/events.ts'
import { readTime } from '../audit/search-filter.ts'
import { OperatorError } from '../errors.ts'
import { showWait } from '../lib/show-wait.ts'
import { done, optionalText, table } from './command.ts'
import type { Command, CommandContext } from './command.ts'

/** How far the audit log has been sent where, and from when on it is to be sent again. */
export const deliverAudit: Command = async (context, given) => {
  const sink = optionalText(given, 'sink') ?? null
  const from = optionalText(given, 'from')
  if (sink !== null && !SINK_NAMES.some((name) => name === sink))
    throw new OperatorError(`--sink is one of: ${SINK_NAMES.join(', ')}.`, 2)
  if (from !== undefined) await deliverFrom(context, sink, from)
  const rows = (await context.database.query(LIST_SINKS)).filter((row) => sink === null || row.sink === sink)
  return done(rows.length === 0 ? 'The audit log is sent nowhere.' : show(rows), rows)
}

async function deliverFrom({ database }: CommandContext, sink: string | null, from: string): Promise<void> {
  const time = readTime(from, Date.now())
  if (time === null) throw new OperatorError('--from is a time such as 2026-01-31, or so long ago, such as 7d.', 2)
  const details = { from: time, ...(sink !== null && { sink }) }
  const moved = await database.transaction(async (tx) => {
    const rows = await tx.query(DELIVER_FROM, sink, time)
    if (rows.length > 0)
      await recordEvent(tx, {
        type: 'audit_delivery_restarted',
        result: 'success',
        actor: null,
        resource: 'audit',
        details,
      })
    return rows
  })
  if (moved.length > 0) return
  throw new OperatorError('Nothing is sent there yet. Set POSTERN_AUDIT_WEBHOOK_URL or POSTERN_AUDIT_SYSLOG first.')
}

function show(rows: readonly SinkRow[]): string {
  const cells = rows.map((row) => [
    row.sink,
    row.waits ? showWait(row.age_s) : 'nothing waits',
    row.delivered_at?.toISOString().slice(0, 19) ?? 'never',
    row.next_batch,
    row.last_error?.replace(/\p{Cc}/gu, '\ufffd') ?? '',
  ])
  return table(['SINK', 'WAITS FOR', 'LAST DELIVERED (UTC)', 'NEXT BATCH', 'LAST ERROR'], cells)
}
