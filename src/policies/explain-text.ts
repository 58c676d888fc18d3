import type { ExplanationReport, LookedAt, ReadingReport } from './explain-report.ts'

/** What was asked, in the words of whoever wants it explained. */
export interface AskedWords {
  /** `GET https://wiki.example.com/admin/`. */
  readonly request: string
  /** `alice of role staff`, or `nobody`. */
  readonly visitor: string
  /** Address of the client. */
  readonly from: string
  /** `version 4`, or the name of a file. */
  readonly policy: string
}

const ANSWERS: Readonly<Record<ExplanationReport['kind'], string>> = {
  allow: 'ALLOW',
  sign_in: 'SIGN IN FIRST',
  forbid: 'FORBID',
  refuse: 'REFUSE',
  fault: 'FAULT',
}

const MISSED: Readonly<Record<Exclude<LookedAt['missed'], null>, string>> = {
  path: 'not this path',
  login: "only for one's own name",
  method: 'not this method',
  network: 'not this client',
  query: 'not this query',
}

/** Rules for other paths are counted where there are more of them: whoever asks wants to see those that came close. */
const MAX_OTHER_PATHS = 8

/** An explanation for people: what was decided and by which rule, then how every reading of the path came out. */
export function explanationText(report: ExplanationReport, asked: AskedWords): string {
  const heads = [
    summary(report),
    '',
    `Asked:   ${asked.request}`,
    `By:      ${asked.visitor}, from ${asked.from}`,
    `Policy:  ${asked.policy}${report.app === null ? '' : `, app ${report.app}`}`,
  ]
  return [...heads, '', ...readingsText(report)].join('\n').trimEnd()
}

function summary({ kind, why, rule }: ExplanationReport): string {
  const decides = rule === null ? [] : [`Rule ${rule.number} on line ${rule.line} decides: "${rule.text}".`]
  const reason = why === '' ? [] : [`${why.charAt(0).toUpperCase()}${why.slice(1)}.`]
  return [`${ANSWERS[kind]}.`, ...decides, ...reason].join(' ')
}

function readingsText({ readings, app, reason }: ExplanationReport): string[] {
  const [only, second] = readings
  if (only === undefined) {
    if (app === null) return ['No rule was looked at.']
    const many = 'This path can be read in more ways than are judged, or in one that can not be.'
    return [many, ...(reason === 'ambiguous_path' ? [] : ['Every path of the app comes to this same answer.'])]
  }
  if (second === undefined)
    return ['The path is read in one way only. These rules were looked at, in their order:', ...rulesText(only)]
  const head = `Servers read this path in different ways: it was judged in ${readings.length}, and the strictest answer counts.`
  const together = readings.some(({ decides }) => decides)
    ? []
    : ['No reading comes to this answer alone: what they ask for was put together.']
  const first = [...readings.filter(({ decides }) => decides), ...readings.filter(({ decides }) => !decides)]
  return [head, ...together, ...first.flatMap((reading) => ['', ...readingText(reading)])]
}

function readingText(reading: ReadingReport): string[] {
  const { path, patterns, because, outcome, decides } = reading
  const mark = decides ? '=> ' : '   '
  const how = patterns === 'as written' ? '' : `, patterns ${patterns}`
  const why = because === null ? [] : [`   read so by ${because.servers} ("${because.name}" of ${because.of})`]
  return [`${mark}${path}${how}: ${outcome}${decides ? ', which decides' : ''}`, ...why, ...rulesText(reading)]
}

function rulesText({ rules, outcome }: ReadingReport): string[] {
  const others = rules.filter(({ missed }) => missed === 'path')
  const collapsed = others.length > MAX_OTHER_PATHS
  const shown = collapsed ? rules.filter(({ missed }) => missed !== 'path') : rules
  const rows = shown.map((rule) => [`rule ${rule.number}, line ${rule.line}`, resultOf(rule), rule.text] as const)
  const widths = [0, 1].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) => `     ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   ')}`)
  return [
    ...(collapsed ? [`     ${others.length} rules that are not for this path`] : []),
    ...lines,
    ...(outcome === 'forbid no_rule' ? ['     no rule matches, and what no rule matches is forbidden'] : []),
  ]
}

function resultOf({ part, missed, outcome }: LookedAt): string {
  if (missed !== null) return MISSED[missed]
  if (part === 'watches') return `only watches, would be: ${outcome}`
  return part === 'adds' ? `ADDS: ${outcome}` : `MATCHES: ${outcome}`
}
