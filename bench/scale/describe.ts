import { round } from '../statistics.ts'
import type { Prediction } from './model.ts'
import type { ScaleReport } from './suite.ts'

const NAMES: Readonly<Record<keyof Prediction, string>> = {
  l1Share: 'share found in memory',
  l2PerSecond: 'found in Redis, a second',
  l3PerSecond: 'read from PostgreSQL, a second',
  gatewayCpu: 'gateway, processors',
  postgresCpu: 'PostgreSQL, processors',
  redisCpu: 'Redis, processors',
  statementsPerSecond: 'statements a second',
  processMb: 'memory of one process, MB',
  redisMb: 'memory of Redis, MB',
  databaseMb: 'people and sign-ins on disk, MB',
}

/** Lines of a prediction by itself. */
export function describePrediction(prediction: Prediction): string[][] {
  return keysOf(prediction).map((key) => [NAMES[key], show(prediction[key])])
}

/** Predicted beside measured, with the error in percent of what was measured. */
export function comparePoint({ predicted, measured }: ScaleReport): string[][] {
  const compared = keysOf(predicted).filter((key) => key in measured)
  return compared.map((key) => {
    const [expected, found] = [predicted[key], measured[key as keyof typeof measured]]
    return [NAMES[key], show(expected), show(found), `${round(((expected - found) / found) * 100, 0)} %`]
  })
}

function keysOf(prediction: Prediction): (keyof Prediction)[] {
  return Object.keys(prediction) as (keyof Prediction)[]
}

function show(value: number): string {
  return String(round(value, value >= 100 ? 0 : 3))
}
