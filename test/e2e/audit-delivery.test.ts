import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startReceiver, SECRET } from '../audit/receivers.ts'
import { migratedDirectory } from '../support/directories.ts'
import { runPostern } from '../support/e2e.ts'
import { startPostern } from '../support/postern-process.ts'
import type { PosternEnv } from '../support/postern-process.ts'
import { until } from '../support/until.ts'

test('what is done at a running server reaches the receiver signed, also what it was killed over', async (t) => {
  const receiver = await startReceiver(t)
  const env = {
    POSTERN_DATA_DIR: await migratedDirectory(t),
    POSTERN_AUDIT_WEBHOOK_URL: receiver.url.href,
    POSTERN_AUDIT_WEBHOOK_SECRET: SECRET,
  }
  const first = await startPostern(t, env)
  await until('the sink is known', 20_000, async () => (await sinks(first.env)).length === 1)
  await clear(first.env)
  await until('the event is there', 30_000, () => receiver.taken.length > 0)
  receiver.answer = (response) => response.writeHead(503).end()
  await clear(first.env)
  await until('it is refused', 30_000, () => receiver.deliveries.length > 1)
  const health = await (await fetch(`http://${first.env['POSTERN_OPS_LISTEN']}/health/detail`)).json()
  assert.equal((health as { parts: Record<string, { status: string }> }).parts['audit_webhook']?.status, 'ok')
  await first.kill()
  receiver.answer = null
  const taken = receiver.taken.length
  await startPostern(t, env)
  await until('it comes after all', 60_000, () => receiver.taken.length > taken)
  assert.ok(!first.logs().includes('planted'), 'the address is a secret')
})

async function sinks(env: PosternEnv): Promise<unknown[]> {
  return JSON.parse((await runPostern(env, ['audit', 'deliver', '--json'])).stdout) as unknown[]
}

async function clear(env: PosternEnv): Promise<void> {
  assert.equal((await runPostern(env, ['attempts', 'clear', '--login', 'alice'])).exitCode, 0)
}
