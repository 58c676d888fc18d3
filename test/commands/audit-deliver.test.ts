import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ADD_SINK } from '../../src/audit/deliver-table.ts'
import type { CommandResult } from '../../src/commands/command.ts'
import { runOrder } from '../../src/commands/registry.ts'
import { statement } from '../../src/store/statement.ts'
import { writeRows } from '../audit/log-rows.ts'
import { seal } from '../audit/receivers.ts'
import { openTestApp } from '../support/app.ts'

const NOTED = statement<[], { details: Readonly<Record<string, unknown>> }>(
  'noted',
  `select details from auth.auth_audit_log where event_type = 'audit_delivery_restarted'`,
)

test('audit deliver tells how far each sink is, and has one begin anew from a day on', async (t) => {
  const { context, database } = await openTestApp(t)
  const run = (given: Readonly<Record<string, unknown>>) => runOrder(context, { command: 'audit deliver', given })
  const told = async (given: Readonly<Record<string, unknown>> = {}): Promise<CommandResult> => {
    const reply = await run(given)
    return 'refusal' in reply ? assert.fail(reply.refusal) : reply.result
  }
  assert.equal((await told()).text, 'The audit log is sent nowhere.')
  const [row = ''] = await writeRows(database, [{ at: '2026-01-01', type: 'sign_in', result: 'success' }])
  await seal(database, [row], 3 * 86_400)
  const nowhere = await run({ from: '7d' })
  assert.equal('exitCode' in nowhere && nowhere.exitCode, 1)
  for (const sink of ['webhook', 'syslog']) await database.query(ADD_SINK, sink)
  assert.match((await told()).text, /^SINK .*\nsyslog +nothing waits +never +2.*\nwebhook +nothing waits/)
  const { text } = await told({ sink: 'webhook', from: '7d' })
  assert.match(text, /webhook +73 hours +never +1/)
  assert.match((await told({ sink: 'syslog' })).text, /syslog +nothing waits/)
  const [{ details } = assert.fail()] = await database.query(NOTED)
  assert.deepEqual([details['sink'], typeof details['from']], ['webhook', 'string'])
  for (const given of [{ from: 'soon' }, { sink: 'mail' }, { sink: 'mail', from: '7d' }]) {
    const reply = await run(given)
    assert.equal('exitCode' in reply && reply.exitCode, 2, JSON.stringify(given))
  }
})
