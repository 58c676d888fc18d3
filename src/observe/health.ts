import { withDeadline } from '../lib/deadline.ts'

export type HealthStatus = 'ok' | 'degraded' | 'failing'

/** How one part is: `failing` makes the whole not ready; `degraded` parts are missed, but not needed. */
export interface PartHealth {
  readonly status: HealthStatus
  /** A sentence for operators; no secrets. */
  readonly detail?: string
}

const WORST_FIRST: readonly HealthStatus[] = ['failing', 'degraded']

export type Check = () => Promise<PartHealth> | PartHealth

export interface Health {
  /** That of the part that is worst. */
  readonly status: HealthStatus
  readonly parts: Readonly<Record<string, PartHealth>>
}

/** Runs all checks at once, each with a deadline; a check that throws or is late is failing. */
export async function checkHealth(checks: Readonly<Record<string, Check>>, deadlineMs: number): Promise<Health> {
  const entries = Object.entries(checks).map(async ([name, check]) => [name, await outcome(check, deadlineMs)] as const)
  const parts = Object.fromEntries(await Promise.all(entries))
  const found = new Set(Object.values(parts).map(({ status }) => status))
  return { status: WORST_FIRST.find((status) => found.has(status)) ?? 'ok', parts }
}

async function outcome(check: Check, deadlineMs: number): Promise<PartHealth> {
  try {
    return await withDeadline(Promise.resolve(check()), deadlineMs)
  } catch (error) {
    return { status: 'failing', detail: error instanceof Error ? error.message : 'unknown' }
  }
}
