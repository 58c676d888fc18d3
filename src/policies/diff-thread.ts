import { parentPort, workerData } from 'node:worker_threads'
import type { NamedText } from './diff-lines.ts'
import { diffSources } from './diff-sources.ts'

/** What the thread is given. */
export interface ToDiffThread {
  readonly from: NamedText
  readonly to: NamedText
}

const { from, to } = workerData as ToDiffThread
parentPort?.postMessage(diffSources(from, to), [])
