import type { Machine } from './machine.ts'
import type { Row } from './measure.ts'
import type { SignInRow } from './sign-in.ts'
import type { StatementRow } from './statements.ts'

/** All that one run found out; printed as it is for `--json`. */
export interface Report {
  readonly machine: Machine
  readonly rows: readonly Row[]
  readonly sign_in: readonly SignInRow[]
  readonly statements: readonly StatementRow[]
}

type Cell = string | number | null

const GOALS_MS = { signIn: 500, statement: 50 }
const ROW_HEADINGS = ['case', 'gateway µs', 'nginx µs', 'gateway/nginx', 'req/s', 'p50 ms', 'p99 ms', 'MB']
const TIME_HEADINGS = ['times', 'p50 ms', 'p99 ms', 'goal']

/** The same for people. */
export function describeReport({ machine, rows, sign_in: signIns, statements }: Report): string {
  const { cpu, cores, node, nginx, postgres } = machine
  const signInLines = signIns.map((row) => [row.case, ...timeCells(row, GOALS_MS.signIn)])
  const statementLines = statements.map((row) => [row.statement, ...timeCells(row, GOALS_MS.statement)])
  return [
    `${cpu}, ${cores} cores; Node ${node}, nginx ${nginx}, PostgreSQL ${postgres}`,
    table([ROW_HEADINGS, ...rows.map(rowCells)]),
    table([['sign-in', ...TIME_HEADINGS], ...signInLines]),
    table([['statement', ...TIME_HEADINGS], ...statementLines]),
  ].join('\n\n')
}

function rowCells(row: Row): Cell[] {
  const ratio = row.gateway_cpu_us === null ? null : (row.gateway_cpu_us / row.nginx_cpu_us).toFixed(2)
  return [row.case, row.gateway_cpu_us, row.nginx_cpu_us, ratio, row.rps, row.p50_ms, row.p99_ms, row.rss_mb]
}

function timeCells({ count, p50_ms: p50, p99_ms: p99 }: Omit<SignInRow, 'case'>, goalMs: number): Cell[] {
  return [count, p50, p99, `${p99 < goalMs ? 'met' : 'not met'}: < ${goalMs}`]
}

/** The first column to the left, the others to the right, as wide as they need to be. */
function table(lines: readonly (readonly Cell[])[]): string {
  const texts = lines.map((line) => line.map((cell) => String(cell ?? '-')))
  const widths = (texts[0] ?? []).map((_, column) => Math.max(...texts.map((line) => line[column]?.length ?? 0)))
  const pad = (text: string, column: number): string =>
    column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0)
  return texts.map((line) => line.map(pad).join('  ').trimEnd()).join('\n')
}
