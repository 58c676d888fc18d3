import type { Register } from './register.ts'

/** What is told of the records: the audit log, its deliveries, and the decisions. */
export interface AuditMetrics {
  /** How many rows are in no batch yet, as last counted; null where another process seals. */
  auditUnsealed(count: number | null): void
  auditBatchSealed(): void
  /** The chain of batches does not end where this process knew it to end. */
  auditChainBroken(): void
  /** How old the oldest event is that a sink has not taken yet, 0 where there is none; null where another delivers. */
  auditDeliveryAge(sink: string, seconds: number | null): void
  auditDeliveryFailed(sink: string): void
  /** Decisions that won't be found again by their number. */
  decisionsDropped(why: string, count: number): void
  /** Decisions that were only counted, at the row of the first of their kind. */
  decisionsRepeated(count: number): void
  /** Spans that were not sent. */
  spansDropped(count: number): void
}

/** Makes the metrics of the records. */
export function auditMetrics(register: Register): AuditMetrics {
  const dropped = register.counter(
    'postern_decisions_dropped_total',
    'Decisions that were not kept, by why: too many from one network, no room in memory, no database, not in the sums.',
    ['why'],
  )
  const repeated = register.counter(
    'postern_decisions_repeated_total',
    'Refusals like one from the same source shortly before, counted at its row.',
  )
  const spans = register.counter('postern_spans_dropped_total', 'Spans of traces that were not sent.')
  return {
    ...sealingMetrics(register),
    ...deliveryMetrics(register),
    decisionsDropped: (why, count) => dropped({ why }, count),
    decisionsRepeated: (count) => repeated({}, count),
    spansDropped: (count) => spans({}, count),
  }
}

function sealingMetrics(
  register: Register,
): Pick<AuditMetrics, 'auditUnsealed' | 'auditBatchSealed' | 'auditChainBroken'> {
  const counted = { unsealed: null as number | null }
  const help = 'Audit rows that are in no sealed batch yet.'
  register.gauge('postern_audit_unsealed_rows', help, () => counted.unsealed, { together: 'max' })
  const batches = register.counter('postern_audit_batches_total', 'Batches of audit rows that were sealed.')
  const breaks = register.counter(
    'postern_audit_chain_breaks_total',
    'Times that the chain of the audit log was found cut or rewritten since this process last looked.',
  )
  return {
    auditUnsealed: (count) => void (counted.unsealed = count),
    auditBatchSealed: () => batches({}),
    auditChainBroken: () => breaks({}),
  }
}

function deliveryMetrics(register: Register): Pick<AuditMetrics, 'auditDeliveryAge' | 'auditDeliveryFailed'> {
  const ages = new Map<string, number>()
  register.gauge(
    'postern_audit_delivery_age_seconds',
    'Age of the oldest audit event that a sink has not taken.',
    () => Object.fromEntries(ages),
    { label: 'sink', together: 'max' },
  )
  const failures = register.counter(
    'postern_audit_delivery_failures_total',
    'Tries to deliver audit events that failed, by sink.',
    ['sink'],
  )
  return {
    auditDeliveryAge: (sink, seconds) => void (seconds === null ? ages.delete(sink) : ages.set(sink, seconds)),
    auditDeliveryFailed: (sink) => failures({ sink }),
  }
}
