import { NGINX_CASE, NODE_CASE } from './cases.ts'
import type { DirectRow } from './direct.ts'
import { returnOf204 } from './goals.ts'
import type { Machine } from './machine.ts'
import type { Row } from './measure.ts'
import { comparePoint } from './scale/describe.ts'
import type { ScaleReport } from './scale/suite.ts'
import type { Finding } from './sessions/finding.ts'
import type { SignInRow } from './sign-in.ts'
import type { VerifyReport } from './verify.ts'

/** All that one run found out, null for a suite that didn't run; printed as it is for `--json`. */
export interface Report {
  readonly machine: Machine
  /** Of the machine, the bench's own work included. */
  readonly load_average: { readonly before: number; readonly after: number }
  readonly verify: VerifyReport | null
  readonly policies: readonly Finding[] | null
  readonly sessions: readonly Finding[] | null
  readonly pages: readonly Finding[] | null
  readonly scale: ScaleReport | null
}

type Cell = string | number | null

const GOALS_MS = { signIn: 500, statement: 50 }
const CPU_HEADINGS = ['gateway µs', 'nginx µs', 'gateway/nginx', '× node:http', '× nginx']
const SPEED_HEADINGS = ['req/s', 'p50 ms', 'p99 ms']
const ROW_HEADINGS = ['behind nginx', ...CPU_HEADINGS, ...SPEED_HEADINGS, 'p99.9 ms', 'MB']
const DIRECT_HEADINGS = ['asked directly', 'gateway µs', '× nginx', ...SPEED_HEADINGS]
const TIME_HEADINGS = ['times', 'p50 ms', 'p99 ms', 'goal']

/** The same for people. */
export function describeReport({
  machine,
  load_average: load,
  verify,
  policies,
  sessions,
  pages,
  scale,
}: Report): string {
  const { cpu, cores, node, nginx, postgres } = machine
  return [
    `${cpu}, ${cores} cores; Node ${node}, nginx ${nginx}, PostgreSQL ${postgres}\n` +
      `load average ${load.before} before, ${load.after} after`,
    ...(verify === null ? [] : verifyTables(verify)),
    ...findingTable('policies', policies),
    ...findingTable('sessions', sessions),
    ...findingTable('pages', pages),
    ...(scale === null ? [] : [table([['scale', 'predicted', 'measured', 'error'], ...comparePoint(scale)])]),
  ].join('\n\n')
}

function verifyTables({ rows, direct, goals, fairness, sign_in: signIns, statements }: VerifyReport): string[] {
  const signInLines = signIns.map((row) => [row.case, ...timeCells(row, GOALS_MS.signIn)])
  const statementLines = statements.map((row) => [row.statement, ...timeCells(row, GOALS_MS.statement)])
  return [
    table([ROW_HEADINGS, ...rows.map((row) => rowCells(row, rows))]),
    table([DIRECT_HEADINGS, ...direct.map((row) => directCells(row, direct))]),
    ...findingTable('verify', [...goals, ...fairness]),
    table([['sign-in', ...TIME_HEADINGS], ...signInLines]),
    table([['statement', ...TIME_HEADINGS], ...statementLines]),
  ]
}

function findingTable(suite: string, findings: readonly Finding[] | null): string[] {
  return findings === null ? [] : [table([[suite, 'measured', '', 'goal'], ...findings.map(findingCells)])]
}

function findingCells({ what, value, unit, at_most: atMost }: Finding): Cell[] {
  const goal = atMost === null ? '' : `${value <= atMost ? 'met' : 'not met'}: <= ${atMost}`
  return [what, value, unit, goal]
}

function rowCells(row: Row, rows: readonly Row[]): Cell[] {
  const { gateway_cpu_us: own, nginx_cpu_us: nginx, rps, p50_ms: p50, p99_ms: p99, p999_ms: p999, rss_mb: mb } = row
  const cpuOf = (name: string): number | null => rows.find((each) => each.case === name)?.gateway_cpu_us ?? null
  const ratios = [nginx, cpuOf(NODE_CASE), cpuOf(NGINX_CASE)].map((other) => ratio(own, other))
  return [row.case, own, nginx, ...ratios, rps, p50, p99, p999, mb]
}

function directCells(row: DirectRow, direct: readonly DirectRow[]): Cell[] {
  const { case: name, gateway_cpu_us: own, rps, p50_ms: p50, p99_ms: p99 } = row
  return [name, own, ratio(own, returnOf204(name, direct)), rps, p50, p99]
}

function ratio(own: number | null, other: number | null): string | null {
  return own === null || other === null ? null : (own / other).toFixed(2)
}

function timeCells({ count, p50_ms: p50, p99_ms: p99 }: Omit<SignInRow, 'case'>, goalMs: number): Cell[] {
  return [count, p50, p99, `${p99 < goalMs ? 'met' : 'not met'}: < ${goalMs}`]
}

/** The first column to the left, the others to the right, as wide as they need to be. */
export function table(lines: readonly (readonly Cell[])[]): string {
  const texts = lines.map((line) => line.map((cell) => String(cell ?? '–')))
  const widths = (texts[0] ?? []).map((_, column) => Math.max(...texts.map((line) => line[column]?.length ?? 0)))
  const pad = (text: string, column: number): string =>
    column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0)
  return texts.map((line) => line.map(pad).join('  ').trimEnd()).join('\n')
}
