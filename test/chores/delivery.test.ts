import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { LIST_SINKS } from '../../src/audit/deliver-table.ts'
import { keepDelivering } from '../../src/chores/delivery.ts'
import { writeRows } from '../audit/log-rows.ts'
import { seal, SECRET, startReceiver } from '../audit/receivers.ts'
import { openTestApp } from '../support/app.ts'
import { until } from '../support/until.ts'

test('a sink that lacks events of ten minutes ago is degraded until it has them, and a metric tells their age', async (t) => {
  const { context, database } = await openTestApp(t)
  const receiver = await startReceiver(t)
  receiver.answer = (response) => response.writeHead(503).end()
  const opened = new AsyncDisposableStack()
  t.after(() => opened.disposeAsync())
  const secrets = { ...noSecrets(), auditWebhookUrl: receiver.url, auditWebhookSecret: [SECRET] }
  const checks = keepDelivering(context, secrets as never, opened)
  assert.deepEqual(Object.keys(checks), ['audit_webhook'])
  const check = checks['audit_webhook'] ?? assert.fail()
  assert.deepEqual(await check(), { status: 'ok' })
  // The first round makes the sink known; what is sealed from then on is sent.
  await until('the sink is known', 10_000, async () =>
    (await context.metrics.expose()).includes('delivery_age_seconds{sink="webhook"} 0'),
  )
  await seal(
    database,
    await writeRows(database, [{ at: '2026-01-01', type: 'sign_in', result: 'success', requestId: 'r1' }]),
    1_200,
  )
  const degraded = await until('it is degraded', 10_000, async () => {
    const health = await check()
    return health.status === 'degraded' && health
  })
  assert.match(degraded.detail ?? '', /^Audit events wait for 2\d minutes to be delivered\./)
  await until('the failure is counted', 10_000, async () =>
    /delivery_failures_total\{sink="webhook"\} [1-9]/.test(await context.metrics.expose()),
  )
  receiver.answer = null
  await until('it is well again', 20_000, async () => (await check()).status === 'ok')
  assert.deepEqual(receiver.taken, ['r1'])
})

test('a sink that hangs keeps nothing from the other', async (t) => {
  const app = await openTestApp(t)
  const receiver = await startReceiver(t)
  receiver.answer = () => {}
  const socket = createSocket('udp4')
  const messages: string[] = []
  socket.on('message', (message) => messages.push(message.toString()))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.after(async () => void socket.close())
  const opened = new AsyncDisposableStack()
  t.after(() => opened.disposeAsync())
  const auditSyslog = { protocol: 'udp', host: '127.0.0.1', port: socket.address().port } as const
  const context = { ...app.context, config: { ...app.context.config, auditSyslog } }
  const secrets = { ...noSecrets(), auditWebhookUrl: receiver.url, auditWebhookSecret: [SECRET] }
  assert.deepEqual(Object.keys(keepDelivering(context, secrets as never, opened)), ['audit_webhook', 'audit_syslog'])
  const known = async (): Promise<boolean> => (await app.database.query(LIST_SINKS)).length === 2
  await until('both are known', 10_000, known)
  const send = async (requestId: string): Promise<void> => {
    const row = { at: '2026-01-01', type: 'sign_in', result: 'success', requestId }
    await seal(app.database, await writeRows(app.database, [row]))
  }
  await send('r1')
  await until('it hangs', 10_000, () => receiver.deliveries.length === 1)
  await send('r2')
  await until('the other has both', 10_000, () => messages.length === 2)
  assert.deepEqual([receiver.deliveries.length, receiver.taken], [1, []])
})

test('without a setting nothing is sent and nothing is watched', async (t) => {
  const { context } = await openTestApp(t)
  assert.deepEqual(keepDelivering(context, noSecrets() as never, new AsyncDisposableStack()), {})
})

function noSecrets() {
  return { databaseUrl: null, auditWebhookUrl: null, auditWebhookSecret: null }
}
