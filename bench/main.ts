import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { OperatorError } from '../src/errors.ts'
import { readArguments, USAGE } from './arguments.ts'
import { runBench } from './bench.ts'
import { drawPlot } from './plot.ts'
import { describeReport, table } from './report.ts'
import type { Report } from './report.ts'
import { describePrediction } from './scale/describe.ts'
import { predictBySaved } from './scale/suite.ts'
import { requireTools } from './tools.ts'
import type { VerifyReport } from './verify.ts'

const INTERRUPTED = 130

const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort())
process.exitCode = await main(process.argv.slice(2), interrupted.signal)

/** @returns the exit code: 0 done, 1 refused or failed, 2 wrong use, 130 interrupted */
async function main(args: readonly string[], signal: AbortSignal): Promise<number> {
  try {
    const { help, json, plot, predict, ...wanted } = readArguments(args)
    if (help) return say(process.stdout, USAGE.trimEnd(), 0)
    if (predict !== null) {
      const foretold = predictBySaved(predict)
      return say(process.stdout, json ? JSON.stringify(foretold, null, 2) : table(describePrediction(foretold)), 0)
    }
    // Debian keeps nginx where only root's path leads.
    process.env['PATH'] = `${process.env['PATH'] ?? ''}:/usr/sbin`
    requireTools(process.env['PATH'], wanted.suites)
    const progress = (line: string): void => void say(process.stderr, line, 0)
    const report = await runBench({ ...wanted, signal, progress })
    if (plot && report.verify !== null) progress(`drawn: ${savePlot(report, report.verify)}`)
    return say(process.stdout, json ? JSON.stringify(report, null, 2) : describeReport(report), 0)
  } catch (error) {
    // Ctrl-C reaches our children as well, and their end may be seen before the signal is.
    await setImmediate()
    // Whatever broke after the interruption broke because of it.
    if (signal.aborted) return say(process.stderr, 'Interrupted; everything is stopped.', INTERRUPTED)
    if (error instanceof OperatorError) return say(process.stderr, error.message, error.exitCode)
    throw error
  }
}

/** @returns where it stands */
function savePlot(report: Report, verify: VerifyReport): string {
  const date = new Date().toISOString().slice(0, 'yyyy-mm-dd'.length)
  const path = join(import.meta.dirname, 'results', `${date}.svg`)
  writeFileSync(path, drawPlot(report, verify, date))
  return path
}

function say(stream: NodeJS.WriteStream, text: string, exitCode: number): number {
  stream.write(`${text}\n`)
  return exitCode
}
