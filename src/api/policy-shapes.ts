import { z } from 'zod'
import type { PolicyVersion } from '../administration/policy.ts'
import type { PolicyRow } from '../policies/policies-table.ts'
import type { ReplayReport } from '../policies/replay.ts'
import { COUNT, MAYBE_TEXT, MAYBE_TIME, TEXT, TEXTS, TIME } from './shapes.ts'

export const VERSION = z.strictObject({ version: COUNT, applied_by: TEXT, reason: TEXT, applied_at: TIME })
export const SOURCED = VERSION.extend({ source: TEXT })
export const DIFFERENCE = z.strictObject({
  differences: z
    .array(
      z.strictObject({
        change: z.enum(['added', 'removed', 'changed', 'moved']),
        what: z.enum(['role', 'second_factor', 'app', 'rule', 'tests']),
        app: MAYBE_TEXT,
        text: TEXT,
      }),
    )
    .nullable()
    .describe('In meaning; null where one of the two can not be read.'),
  lines: MAYBE_TEXT.describe('A unified diff; null where nearly every line differs.'),
})
export const INVALID = z.strictObject({
  kind: z.literal('invalid'),
  mistakes: z.array(z.strictObject({ line: COUNT, column: COUNT, path: TEXT, message: TEXT })),
})
const FINE = z.strictObject({
  kind: z.literal('fine'),
  in_force: COUNT.describe('Version that the draft is compared with, 0 before the first.'),
  counts: z.strictObject({ apps: COUNT, rules: COUNT, roles: COUNT, tests: COUNT }),
  tests: z.array(z.strictObject({ line: COUNT, request: TEXT, as: TEXT, decision: TEXT })),
  difference: DIFFERENCE,
})
export const TRIED = z.union([INVALID, FINE])
const GROUP = z.strictObject({
  app: MAYBE_TEXT,
  from: TEXT,
  to: TEXT,
  from_line: COUNT.nullable(),
  to_line: COUNT.nullable(),
  count: COUNT,
  examples: TEXTS,
})
const REPORT = z.strictObject({
  kind: z.literal('fine'),
  replayed: COUNT,
  skipped: COUNT,
  differing: COUNT,
  ungrouped: COUNT,
  without_visitor: COUNT,
  oldest: MAYBE_TIME,
  newest: MAYBE_TIME,
  groups: z.array(GROUP),
})
export const REPLAYED = z.union([INVALID, REPORT])
export const APPLIED = z.union([
  INVALID,
  z.strictObject({ kind: z.enum(['applied', 'unchanged']), version: COUNT.describe('The one in force.') }),
])

export function describeVersion({ version, applied_by, reason, applied_at: at }: PolicyVersion) {
  return { version, applied_by, reason, applied_at: at.toISOString() }
}

export function describeSourced(row: PolicyRow): z.input<typeof SOURCED> {
  return { ...describeVersion(row), source: row.source }
}

export function describeReplay({
  withoutVisitor,
  oldest,
  newest,
  groups,
  ...counts
}: ReplayReport): Omit<z.input<typeof REPORT>, 'kind'> {
  return {
    ...counts,
    without_visitor: withoutVisitor,
    oldest: oldest?.toISOString() ?? null,
    newest: newest?.toISOString() ?? null,
    groups: groups.map(({ fromLine, toLine, examples, ...group }) => {
      return { ...group, from_line: fromLine, to_line: toLine, examples: [...examples] }
    }),
  }
}
