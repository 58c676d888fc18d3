import type { Program } from '../observe/program.ts'

/** How often a rule that only watches would not have let pass, by decision. */
export type RuleCounts = ReadonlyMap<string, number>

/** Counts by app and number of the rule, as processes have counted since they started. */
export interface MonitorCounts {
  of(app: string, rule: number): RuleCounts
  ofApp(app: string): number
}

const METRIC = 'postern_monitored_total'

/** Reads what all processes counted of rules in monitor mode. */
export async function readMonitorCounts({ figures }: Pick<Program, 'figures'>): Promise<MonitorCounts> {
  const byRule = new Map<string, Map<string, number>>()
  const byApp = new Map<string, number>()
  const metrics = (await figures()).flat().filter(({ name }) => name === METRIC)
  for (const { labels, value } of metrics.flatMap(({ values }) => values)) {
    const { app = '', rule = '', decision = '' } = labels as Record<string, string>
    const key = keyOf(app, rule)
    const counts = byRule.get(key) ?? new Map<string, number>()
    counts.set(decision, (counts.get(decision) ?? 0) + value)
    byRule.set(key, counts)
    byApp.set(app, (byApp.get(app) ?? 0) + value)
  }
  return {
    of: (app, rule) => byRule.get(keyOf(app, String(rule))) ?? new Map(),
    ofApp: (app) => byApp.get(app) ?? 0,
  }
}

function keyOf(app: string, rule: string): string {
  return JSON.stringify([app, rule])
}
