import { z } from 'zod'
import { changedSettings } from '../config/changed-settings.ts'
import { loadConfig } from '../config/load.ts'
import { SETTINGS } from '../config/settings.ts'
import type { Config } from '../config/settings.ts'
import { detailOf } from '../observe/detail.ts'
import type { Program } from '../observe/program.ts'
import { operation } from './operation.ts'
import type { Operation } from './operation.ts'
import { COUNT, TEXT } from './shapes.ts'

export interface SystemParts {
  readonly config: Config
  readonly program: Pick<Program, 'health' | 'figures'>
}

const SECONDS = z.number().min(0)
const STATUS = z.enum(['ok', 'degraded', 'failing'])
const TIMES = z.array(
  z.strictObject({ statement: TEXT, count: COUNT, totalSeconds: SECONDS, p99Seconds: SECONDS.nullable() }),
)
const BYTES = z.number().min(0)
const HEALTH = z
  .strictObject({
    status: STATUS,
    parts: z.record(z.string(), z.looseObject({ status: STATUS, detail: TEXT.optional() })),
    processes: COUNT,
    statements: z.strictObject({ byTotal: TIMES, byP99: TIMES }),
    pool: z.strictObject({ used: COUNT, idle: COUNT, waiting: COUNT }),
    memory: z.strictObject({ rssBytes: BYTES, heapUsedBytes: BYTES, heapTotalBytes: BYTES, limitBytes: BYTES }),
    eventLoop: z.strictObject({ p50Seconds: SECONDS, p99Seconds: SECONDS, maxSeconds: SECONDS }),
    passwords: z.strictObject({ running: COUNT, waiting: COUNT }),
  })
  .describe('The same as /health/detail of the operations listener.')

/** How the running program is. Values of settings stay with whoever can read its environment. */
export function systemOperations({ config, program }: SystemParts): readonly Operation[] {
  const common = { method: 'GET', tag: 'system', access: 'postern.system:read' } as const
  return [
    operation({
      ...common,
      name: 'getHealth',
      path: '/system/health',
      summary: 'Tells how each part does and how busy all are',
      data: HEALTH,
      async run() {
        const [health, figures] = await Promise.all([program.health(), program.figures()])
        return { data: { ...health, ...(await detailOf(figures)) } as z.input<typeof HEALTH> }
      },
    }),
    operation({
      ...common,
      name: 'listSettings',
      path: '/system/settings',
      summary: 'Lists settings, secrets not among them, and which are not at their default; never values',
      data: z.array(z.strictObject({ name: TEXT, is_changed: z.boolean() })),
      async run() {
        const changed = new Set(changedOf(config))
        const names = Object.values(SETTINGS).map(({ name }) => name)
        return { data: names.map((name) => ({ name, is_changed: changed.has(name) })) }
      },
    }),
  ]
}

function changedOf(config: Config): readonly string[] {
  const plain = loadConfig({}, () => '')
  return 'config' in plain ? changedSettings({ ...plain, config }) : []
}
