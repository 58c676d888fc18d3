import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { historyLines } from './history.ts'
import { describeReport, reportOf } from './report.ts'
import type { Report } from './report.ts'
import { promisesOf, run } from './run.ts'
import { planFaults } from './schedule.ts'
import { startWorld } from './world.ts'

const USAGE = `usage: npm run faults -- [--seed N] [--minutes M] [--json] [--keep FILE]
  --seed N      which faults come when; 1 unless given
  --minutes M   how long, such as 0.5 or 10; 1 unless given
  --json        one JSON document on standard output; progress goes to standard error
  --keep FILE   writes every call, fault and stall to a file, as lines of JSON, and the logs of the processes beside it`

const PROCESSES = 3
const LEAST_MINUTES = 0.4

interface Options {
  readonly seed: number
  readonly minutes: number
  readonly json: boolean
  readonly keep: string | undefined
}

/** Null for arguments that can't be understood. */
function readOptions(args: readonly string[]): Options | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seed: { type: 'string', default: '1' },
        minutes: { type: 'string', default: '1' },
        json: { type: 'boolean', default: false },
        keep: { type: 'string' },
      },
    })
    const [seed, minutes] = [Number(values.seed), Number(values.minutes)]
    if (!Number.isSafeInteger(seed) || !(minutes >= LEAST_MINUTES)) return null
    return { seed, minutes, json: values.json, keep: values.keep }
  } catch {
    return null
  }
}

async function runOnce({ seed, minutes, keep }: Options, tell: (line: string) => void): Promise<Report> {
  await using opened = new AsyncDisposableStack()
  const cleanup = { after: (close: () => Promise<void>) => opened.defer(close) }
  tell('starting PostgreSQL with a standby, Redis and the processes')
  const world = await startWorld(cleanup, { store: 'replicated', processes: PROCESSES })
  const schedule = planFaults(seed, minutes, PROCESSES)
  const history = await run(world, { planned: schedule, lastsMs: minutes * 60_000, seed, tell })
  if (keep !== undefined) {
    writeFileSync(keep, historyLines(history))
    for (const gateway of world.gateways) writeFileSync(`${keep}.${gateway.index}.log`, gateway.logs())
  }
  return reportOf({ seed, minutes, schedule, history, promises: promisesOf(world) })
}

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args)
  if (options === null) {
    console.error(USAGE)
    return 2
  }
  const report = await runOnce(options, (line) => console.error(line))
  console.log(options.json ? JSON.stringify(report, null, 2) : describeReport(report))
  return report.violations.length === 0 ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
