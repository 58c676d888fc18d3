import { randomUUID } from 'node:crypto'
import { createDelivery } from '../audit/deliver.ts'
import type { Sink } from '../audit/deliver.ts'
import { openSyslog } from '../audit/syslog.ts'
import { openWebhook } from '../audit/webhook.ts'
import type { Config, Secrets } from '../config/settings.ts'
import { every } from '../lib/every.ts'
import { showWait } from '../lib/show-wait.ts'
import type { Check } from '../observe/health.ts'
import type { Context } from '../parts/context.ts'

/** As often as rows are sealed. */
const DELIVERY_MS = 2_000
/** A receiver may be restarted without anybody being told. */
const OVERDUE_S = 600

/**
 * Sends the audit log to where the settings say, each sink by itself: one that is out of reach delays nothing.
 * @returns how each of them is
 */
export function keepDelivering(
  context: Context,
  secrets: Secrets,
  opened: AsyncDisposableStack,
): Readonly<Record<string, Check>> {
  const checks = openSinks(context.config, secrets).map((sink) => [`audit_${sink.name}`, keep(context, sink, opened)])
  return Object.fromEntries(checks) as Readonly<Record<string, Check>>
}

function openSinks(
  { auditSyslog, publicUrl }: Config,
  { auditWebhookUrl: url, auditWebhookSecret: secret }: Secrets,
): Sink[] {
  return [
    ...(url === null || secret === null ? [] : [openWebhook(url, secret, Date.now)]),
    ...(auditSyslog === null ? [] : [openSyslog(auditSyslog, publicUrl.hostname)]),
  ]
}

function keep({ database, log, metrics }: Context, sink: Sink, opened: AsyncDisposableStack): Check {
  const ending = new AbortController()
  const known: { ageS: number; lastError: string | null } = { ageS: 0, lastError: null }
  const delivery = createDelivery({
    database,
    sink,
    log,
    holder: randomUUID(),
    onAge: (ageS, lastError) => {
      Object.assign(known, { ageS, lastError })
      metrics.auditDeliveryAge(sink.name, ageS)
    },
    onFailure: () => metrics.auditDeliveryFailed(sink.name),
  })
  let round = Promise.resolve()
  const work = (): Promise<void> => (round = delivery.round(ending.signal))
  const timer = every(DELIVERY_MS, work, (err) => log.debug({ err, sink: sink.name }, 'the audit log can not be read'))
  opened.defer(async () => {
    timer.stop()
    ending.abort()
    await round.catch(() => undefined)
    await sink.close()
  })
  return () => {
    if (known.ageS < OVERDUE_S) return { status: 'ok' }
    const why = known.lastError === null ? '' : ` The last try: ${known.lastError}.`
    return { status: 'degraded', detail: `Audit events wait for ${showWait(known.ageS)} to be delivered.${why}` }
  }
}
