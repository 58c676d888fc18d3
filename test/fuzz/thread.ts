import { parentPort, workerData } from 'node:worker_threads'
import { runCases } from './differential.ts'
import type { RunOptions } from './differential.ts'
import { openPlace } from './place.ts'
import { shrink } from './shrink.ts'

const options = workerData as Omit<RunOptions, 'onProgress'>

/** Runs its share of the cases and tells how it went; what is answered differently is made as small as possible. */
async function main(): Promise<void> {
  await using opened = new AsyncDisposableStack()
  const place = await openPlace({ after: (close) => opened.defer(close) })
  const onProgress = (cases: number): void => parentPort?.postMessage({ kind: 'progress', cases }, [])
  const tally = await runCases(place, { ...options, onProgress })
  const found = tally.difference
  const difference = found === null ? null : await shrink(place, found)
  const left = await place.connections()
  parentPort?.postMessage({ kind: 'done', tally: { ...tally, difference }, byLane: place.laneAnswers(), left }, [])
}

await main()
