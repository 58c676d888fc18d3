import { withDeadline } from '../lib/deadline.ts'

/** How one part is: `failing` parts that are needed make the whole not ready. */
export interface PartHealth {
  readonly status: 'ok' | 'failing'
  /** A sentence for operators; no secrets. */
  readonly detail?: string
}

export type Check = () => Promise<PartHealth> | PartHealth

export interface Health {
  readonly status: 'ok' | 'failing'
  readonly parts: Readonly<Record<string, PartHealth>>
}

/** Runs all checks at once, each with a deadline; a check that throws or is late is failing. */
export async function checkHealth(checks: Readonly<Record<string, Check>>, deadlineMs: number): Promise<Health> {
  const entries = Object.entries(checks).map(async ([name, check]) => [name, await outcome(check, deadlineMs)] as const)
  const parts = Object.fromEntries(await Promise.all(entries))
  const status = Object.values(parts).every((part) => part.status === 'ok') ? 'ok' : 'failing'
  return { status, parts }
}

async function outcome(check: Check, deadlineMs: number): Promise<PartHealth> {
  try {
    return await withDeadline(Promise.resolve(check()), deadlineMs)
  } catch (error) {
    return { status: 'failing', detail: error instanceof Error ? error.message : 'unknown' }
  }
}
