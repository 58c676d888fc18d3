import { addGauges } from './gauges.ts'
import type { Gauges } from './gauges.ts'
import { auditMetrics } from './metrics-audit.ts'
import type { AuditMetrics } from './metrics-audit.ts'
import { machineMetrics } from './metrics-machine.ts'
import type { MachineMetrics } from './metrics-machine.ts'
import { signInMetrics } from './metrics-sign-in.ts'
import type { SignInMetrics } from './metrics-sign-in.ts'
import { storeMetrics } from './metrics-store.ts'
import type { StoreMetrics } from './metrics-store.ts'
import { verifyMetrics } from './metrics-verify.ts'
import type { VerifyMetrics } from './metrics-verify.ts'
import { createRegister } from './register.ts'
import type { Figures } from './register.ts'

/** What operators can plot; `docs/metrics.md` tells of each. Labels come from lists, tables and policies alone. */
export interface Metrics extends SignInMetrics, VerifyMetrics, AuditMetrics, StoreMetrics, MachineMetrics {
  /** Adds figures that are asked for when somebody looks; each only once. */
  watch(gauges: Gauges): void
  /** Text in the Prometheus exposition format. */
  expose(): Promise<string>
  /** The same as values that can be sent to another process. */
  figures(): Promise<Figures>
  /** Those of this process in a list, in whose place whoever serves with others puts those of all. */
  allFigures(): Promise<readonly Figures[]>
  readonly contentType: string
}

/** Builds the metrics with a register of their own. */
export function createMetrics(gauges: Gauges = {}): Metrics {
  const register = createRegister()
  addGauges(register, gauges)
  return {
    ...signInMetrics(register),
    ...verifyMetrics(register),
    ...auditMetrics(register),
    ...storeMetrics(register),
    ...machineMetrics(register),
    watch: (more) => addGauges(register, more),
    expose: register.expose,
    figures: register.figures,
    allFigures: async () => [await register.figures()],
    contentType: register.contentType,
  }
}
