import { recordEvent } from '../audit/events.ts'
import type { AuditEvent } from '../audit/events.ts'
import { every } from '../lib/every.ts'
import { claimAnomaly, closeSlots, findAnomalies, mayMailOfBurst } from '../limits/anomalies.ts'
import type { Anomaly } from '../limits/anomalies.ts'
import { notify, notifyHolders } from '../mail/outbox.ts'
import type { Context } from '../parts/context.ts'
import { ADMIN_ROLE } from '../policies/policy.ts'
import type { Queryable } from '../store/database.ts'

/** A process hears within twice this time of what another has learnt, which `SETTLE_MS` waits for. */
const LEARN_MS = 1_000
const NOTICE_MS = 60_000

/** Writes what sign-ins have shown and where they moved to, and once more at the end. */
export function keepLearningPlaces({ binding, log }: Context, opened: AsyncDisposableStack): void {
  if (binding === null) return
  const work = async (): Promise<void> => {
    await binding.flush()
    const dropped = binding.takeDropped()
    if (dropped > 0) log.warn({ dropped }, 'where sessions are used is more than there is room for')
  }
  const timer = every(LEARN_MS, work, (error) => log.warn({ err: error }, 'where sessions are used is not written yet'))
  opened.defer(async () => {
    timer.stop()
    await work().catch((error: unknown) => log.warn({ err: error }, 'where sessions are used is lost'))
  })
}

/** Looks for what is unlike the usual; whoever of all processes sees it first tells of it. */
export function keepNoticing(context: Context, opened: AsyncDisposableStack): void {
  const { log } = context
  const timer = every(
    NOTICE_MS,
    () => noticeAnomalies(context, Date.now()),
    (error) => log.warn({ err: error }, 'anomalies can not be looked for'),
  )
  opened.defer(() => timer.stop())
}

/** One look. */
export async function noticeAnomalies(
  { database, failedNames, metrics, log }: Pick<Context, 'database' | 'failedNames' | 'metrics' | 'log'>,
  nowMs: number,
): Promise<void> {
  await failedNames.flush()
  await closeSlots(database, nowMs)
  for (const anomaly of await findAnomalies(database, nowMs)) {
    const isFirst = await database.transaction(async (tx) => {
      if (!(await claimAnomaly(tx, anomaly))) return false
      await tell(tx, anomaly)
      return true
    })
    if (!isFirst) continue
    metrics.anomaly(anomaly.kind)
    log.warn({ ...anomaly }, `anomaly: ${wordsOf(anomaly)}`)
  }
}

async function tell(tx: Queryable, anomaly: Anomaly): Promise<void> {
  await recordEvent(tx, eventOf(anomaly))
  if (anomaly.kind === 'many_networks') return notify(tx, anomaly.userId, 'many_networks', {})
  if (!(await mayMailOfBurst(tx))) return
  const address = anomaly.network === '*' ? 'many networks' : anomaly.network
  await notifyHolders(tx, ADMIN_ROLE, 'sign_in_burst', { address })
}

/** Nobody did it, as far as is known. */
function eventOf(anomaly: Anomaly): AuditEvent {
  const reason = wordsOf(anomaly)
  const common = { result: 'failure', actor: null } as const
  if (anomaly.kind === 'sign_in_burst') {
    const { network, names, usual, threshold } = anomaly
    const details = { reason, network, names, usual, threshold }
    return { ...common, type: 'anomaly_sign_in_burst', details }
  }
  const { login, networks, threshold } = anomaly
  const details = { reason, networks, threshold }
  return { ...common, type: 'anomaly_many_networks', resource: `user:${login}`, details }
}

function wordsOf(anomaly: Anomaly): string {
  if (anomaly.kind === 'many_networks') {
    const { networks } = anomaly
    return `one account was used from ${networks.length} networks within an hour`
  }
  const { network, names, usual } = anomaly
  const from = network === '*' ? 'all networks together' : network
  return `sign-ins failed for ${names} different names within ten minutes from ${from}; usual are ${usual} at most`
}
