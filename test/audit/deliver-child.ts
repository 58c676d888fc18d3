import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { createDelivery } from '../../src/audit/deliver.ts'
import { openWebhook } from '../../src/audit/webhook.ts'
import { openPostgres } from '../../src/store/postgres.ts'

const [, , databaseUrl = '', url = '', secret = ''] = process.argv
const delivery = createDelivery({
  database: openPostgres({ url: databaseUrl }),
  sink: openWebhook(new URL(url), [secret], Date.now),
  log: { info: () => {}, warn: () => {} } as never,
  holder: randomUUID(),
  onAge: () => {},
  onFailure: () => {},
  // Whoever comes after one that was killed waits for no longer than this.
  times: { deadlineMs: 500, leaseMs: 600 },
})
for (;;) {
  await delivery.round(new AbortController().signal)
  await delay(20)
}
