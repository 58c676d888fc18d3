import { Worker } from 'node:worker_threads'
import type { NamedText } from './diff-lines.ts'
import { diffSources } from './diff-sources.ts'
import type { TextDifference } from './diff-sources.ts'
import type { ToDiffThread } from './diff-thread.ts'

/** Characters of both that take about as long to compare as a thread takes to start. */
const LARGE = 65_536
/** As where policies are read: nearly all that is made lives until the end. */
const YOUNG_MB = 128

/** Compares two texts of a policy without holding anybody up: large ones in a thread of its own. */
export async function diffSourcesAside(from: NamedText, to: NamedText): Promise<TextDifference> {
  if (from.text.length + to.text.length <= LARGE) return diffSources(from, to)
  const thread = new Worker(new URL('./diff-thread.ts', import.meta.url), {
    workerData: { from, to } satisfies ToDiffThread,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  })
  try {
    return await new Promise((done, fail) => {
      thread.once('message', done)
      thread.once('error', fail)
      thread.once('exit', () => fail(new Error('the thread that compares policies ended early')))
    })
  } finally {
    await thread.terminate()
  }
}
