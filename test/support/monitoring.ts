import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import { createMetrics } from '../../src/observe/metrics.ts'
import { groupingLabelsOf, selectorsOf } from './promql.ts'

export interface AlertRule {
  readonly alert: string
  readonly expr: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

export interface RecordingRule {
  readonly record: string
  readonly expr: string
}

/** The folder of Prometheus' files. */
export const PROMETHEUS = join(import.meta.dirname, '../../config/prometheus')
export const RUNBOOKS = join(import.meta.dirname, '../../docs/runbooks')
const METRICS_PAGE = join(import.meta.dirname, '../../docs/metrics.md')

/** What every program has that Prometheus looks at. */
const OF_PROMETHEUS = ['up']
/** Those that Prometheus gives, and those whose values operators choose. */
const FREE_LABELS: ReadonlySet<string> = new Set(['job', 'instance', 'le', 'app', 'route'])
const HISTOGRAM_PARTS = ['_bucket', '_count', '_sum']

/** Runs promtool in the folder of Prometheus' files; gives what it printed and how it ended. */
export async function promtool(...args: readonly string[]): Promise<{ exitCode: number; said: string }> {
  const run = promisify(execFile)
  try {
    const { stdout, stderr } = await run('promtool', [...args], { cwd: PROMETHEUS })
    return { exitCode: 0, said: stdout + stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number | string; stdout: string; stderr: string }
    if (typeof code === 'string') throw error
    return { exitCode: code, said: stdout + stderr }
  }
}

/** What promtool has against expressions, each as if it were a rule; nothing where all are well-formed. */
export async function promtoolParses(expressions: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-rules-'))
  const file = join(folder, 'rules.yaml')
  const rules = expressions.map((expr, index) => ({ record: `test:expression:${index}`, expr }))
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'expressions', rules }] }))
  try {
    const { exitCode, said } = await promtool('check', 'rules', file)
    return exitCode === 0 ? '' : said
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The alerts in the order of their file. */
export function readAlerts(): AlertRule[] {
  return readRules<AlertRule>('alerts.yaml')
}

export function readRecordings(): RecordingRule[] {
  return readRules<RecordingRule>('recording.yaml')
}

/** Name in CamelCase of an alert as the name of its page: PosternVerifySlow is verify-slow. */
export function pageOf(alert: string): string {
  return alert
    .replace(/^Postern/, '')
    .replaceAll(/(?<=.)[A-Z]/g, '-$&')
    .toLowerCase()
}

/** Every name that a scrape of the program can have, from a register with every part there is. */
export async function knownSeries(): Promise<Set<string>> {
  const text = await everyMetric().expose()
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)]
  const names = types.flatMap(([, name = '', type]) =>
    type === 'histogram' ? HISTOGRAM_PARTS.map((part) => name + part) : [name],
  )
  return new Set([...OF_PROMETHEUS, ...names])
}

/** Labels and their values in an expression that docs/metrics.md does not have for the metrics it looks at. */
export function unknownLabels(expression: string): string[] {
  const documented = documentedLabels()
  const selectors = selectorsOf(expression)
  const known = selectors.map(({ metric }) => documented.get(metricOfSeries(metric)) ?? '').join(' ')
  const matches = selectors.flatMap(({ labels }) => labels).filter(({ label }) => !FREE_LABELS.has(label))
  const labels = [...matches.map(({ label }) => label), ...groupingLabelsOf(expression)]
  const strange = labels.filter((label) => !FREE_LABELS.has(label) && !known.includes(`\`${label}\``))
  return [...strange, ...matches.flatMap(({ values }) => values).filter((value) => !known.includes(value))]
}

/** The name without what makes it a series of a histogram. */
export function metricOfSeries(series: string): string {
  return series.replace(/_(bucket|count|sum)$/, '')
}

/** Names in an expression that neither the program nor a recording has. */
export async function unknownNames(expression: string): Promise<string[]> {
  const known = await knownSeries()
  for (const { record } of readRecordings()) known.add(record)
  return selectorsOf(expression).flatMap(({ metric }) => (known.has(metric) ? [] : [metric]))
}

/** The labels of each metric as docs/metrics.md tells them: the cell of its row. */
function documentedLabels(): Map<string, string> {
  const rows = readFileSync(METRICS_PAGE, 'utf8').matchAll(/^\| `(\w+)` *\|([^|]*)\|/gm)
  return new Map([...rows].map(([, name = '', labels = '']) => [name, labels]))
}

function everyMetric(): ReturnType<typeof createMetrics> {
  const outage = { graceLeft: () => 1, changesAge: () => 1, isBreakerOpen: () => false, isDegraded: () => false }
  return createMetrics({
    cachedPrincipals: () => 1,
    cachedPrincipalAge: () => 1,
    policyVersion: () => 1,
    redisUp: () => true,
    replicaLag: () => 0,
    outage,
    passwordHashes: () => ({ running: 0, waiting: 0 }),
    pool: () => ({ used: 0, idle: 0, waiting: 0 }),
    machine: { memoryBytes: 1, cpus: 1 },
  })
}

function readRules<Rule>(name: string): Rule[] {
  const { groups } = parse(readFileSync(join(PROMETHEUS, name), 'utf8')) as { groups: { rules: Rule[] }[] }
  return groups.flatMap(({ rules }) => rules)
}
