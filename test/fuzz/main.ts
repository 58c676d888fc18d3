import { parseArgs } from 'node:util'
import { startTestPostgres } from '../support/postgres.ts'
import type { Difference } from './differential.ts'
import { runInThreads } from './run.ts'
import type { Outcome } from './run.ts'

const USAGE = `usage: npm run fuzz -- [--cases N] [--seed S]
  Sends streams of bytes, proper and hostile, to a verify listener with the express lane and to one without, and
  compares what comes back.
  --cases N   how many streams; 1,000,000 unless given
  --seed S    which ones; 1 unless given`

interface Options {
  readonly cases: number
  readonly seed: number
}

const PROGRESS_MS = 5_000

/** Null for arguments that can't be understood. */
function readOptions(args: readonly string[]): Options | null {
  try {
    const known = { cases: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } } as const
    const { values } = parseArgs({ args: [...args], options: known })
    const [cases, seed] = [Number(values.cases), Number(values.seed)]
    return Number.isSafeInteger(cases) && cases > 0 && Number.isSafeInteger(seed) ? { cases, seed } : null
  } catch {
    return null
  }
}

async function fuzz({ cases, seed }: Options): Promise<Outcome> {
  const postgres = await startTestPostgres()
  Object.assign(process.env, { POSTERN_TEST_POSTGRES: postgres.urlPrefix, POSTERN_TEST_FOLDER: postgres.folder })
  const startedAt = performance.now()
  let toldAt = startedAt
  const onProgress = (done: number): void => {
    const now = performance.now()
    if (now - toldAt < PROGRESS_MS) return
    toldAt = now
    console.error(`${done} of ${cases}, ${Math.round(done / ((now - startedAt) / 1_000))} a second`)
  }
  try {
    return await runInThreads({ seed, cases, onProgress })
  } finally {
    await postgres.close()
  }
}

function describe({ difference, left, ...counts }: Outcome): string {
  const { cases, same, bothRefused, allowed, byLane, retried } = counts
  const summary = [
    `${cases} streams: ${same} answered by the same bytes, ${bothRefused} refused by both in their own way`,
    `${byLane} requests answered by the lane, ${allowed} let pass, ${retried} streams sent again one request after the other`,
    `${left} connections left open`,
  ]
  return [...summary, ...(difference === null ? [] : describeDifference(difference))].join('\n')
}

function describeDifference({ seed, place, stream, lane, ordinary }: Difference): string[] {
  return [
    `answered differently: case ${place} of seed ${seed}, made as small as possible`,
    `bytes     ${JSON.stringify(stream.bytes)}`,
    `cut at    ${JSON.stringify(stream.cuts)}, then ${stream.ending}`,
    `lane      ${lane.outcome} ${JSON.stringify(lane.received)}`,
    `ordinary  ${ordinary.outcome} ${JSON.stringify(ordinary.received)}`,
  ]
}

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args)
  if (options === null) {
    console.error(USAGE)
    return 2
  }
  const outcome = await fuzz(options)
  console.log(describe(outcome))
  return outcome.difference === null && outcome.left === 0 ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
