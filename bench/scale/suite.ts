import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openPostgres } from '../../src/store/postgres.ts'
import { OperatorError } from '../../src/errors.ts'
import { openPlace } from '../place.ts'
import type { PlaceOptions } from '../place.ts'
import { createSignIns } from '../sessions/signed-in.ts'
import type { Ground } from '../sessions/ground.ts'
import { openStatementCounts } from '../sessions/statement-counts.ts'
import { round } from '../statistics.ts'
import { measureCosts } from './costs.ts'
import { predict } from './model.ts'
import type { Coefficients, Numbers, Prediction } from './model.ts'
import { measurePoint, POINT } from './point.ts'
import type { Measured } from './point.ts'
import { watchPostgres } from './postgres-use.ts'
import { fitMemory, measureDisk, measureMemoryPoints, measureTouch } from './room.ts'
import type { MemoryPoint } from './room.ts'

/** What was measured, and what the model made of a point that it was not fitted on. */
export interface ScaleReport {
  readonly coefficients: Coefficients
  readonly memory: readonly MemoryPoint[]
  readonly point: Numbers
  readonly predicted: Prediction
  readonly measured: Measured
}

const SAVED = join(import.meta.dirname, '../results/scale.json')
const DIGITS = 4

/** Measures what one of each costs, then a point, and keeps both for `--predict`. */
export async function measureScale(options: PlaceOptions & { readonly seconds: number }): Promise<ScaleReport> {
  const { opened, signal, progress, seconds } = options
  const place = await openPlace(options, ['shared_preload_libraries=pg_stat_statements', 'max_connections=200'])
  const database = openPostgres({ url: place.databaseUrl, poolSize: 2 })
  opened.defer(() => database.close())
  await openStatementCounts(database)
  const postgres = await watchPostgres(database)
  const signInMany = await createSignIns(database, place.secretKey)
  const inTurn = async <T>(what: string, measure: (ground: Ground) => Promise<T>): Promise<T> => {
    signal.throwIfAborted()
    progress(`measuring ${what}`)
    await using own = new AsyncDisposableStack()
    return await measure({ place, database, signInMany, opened: own, signal, seconds })
  }
  const costs = await inTurn('what requests and errands cost', (ground) => measureCosts(ground, postgres))
  const touchUs = await inTurn('the writing of last use', () => measureTouch(database, postgres))
  const memory = await inTurn('memory', measureMemoryPoints)
  // Last, since PostgreSQL tidies up after so many rows for a while.
  const disk = await inTurn('what rows take', measureDisk)
  const coefficients: Coefficients = {
    gateway: { ...costs.gateway, ...fitMemory(memory) },
    postgres: { ...costs.postgres, ...disk, touchUs },
    redis: costs.redis,
  }
  progress(`costs: ${JSON.stringify(coefficients, shorten)}`)
  const measured = await inTurn('a point that the model was not fitted on', (ground) => measurePoint(ground, postgres))
  const report = reportOf({ coefficients, memory, measured })
  writeFileSync(SAVED, `${JSON.stringify(report, shorten, 2)}\n`)
  return report
}

/** Foretold is what came about: a busy machine serves fewer than it was to. */
function reportOf(found: Pick<ScaleReport, 'coefficients' | 'memory' | 'measured'>): ScaleReport {
  const served = found.measured.perSecond / (POINT.requests + POINT.nobody + POINT.forged)
  const [requests, nobody, forged] = [POINT.requests * served, POINT.nobody * served, POINT.forged * served]
  const point = { ...POINT, requests, nobody, forged }
  return { ...found, point, predicted: predict(point, found.coefficients) }
}

/** What the model says by the costs that were measured last. @throws OperatorError while there are none */
export function predictBySaved(numbers: Numbers): Prediction {
  return predict(numbers, readSaved().coefficients)
}

function readSaved(): ScaleReport {
  try {
    return JSON.parse(readFileSync(SAVED, 'utf8')) as ScaleReport
  } catch (error) {
    throw new OperatorError('No costs are measured yet. Run: npm run bench -- scale', 1, { cause: error })
  }
}

function shorten(_: string, value: unknown): unknown {
  return typeof value === 'number' ? round(value, DIGITS) : value
}
