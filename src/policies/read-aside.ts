import { Worker } from 'node:worker_threads'
import type { PolicyMistake } from './policy-file.ts'
import type { FromThread } from './policy-thread.ts'
import type { Policy, PolicyApp } from './policy.ts'

/** Half of the time goes to the collector otherwise: nearly all that is made lives until the end. */
const YOUNG_MB = 128

/**
 * Reads a policy file like `readPolicyFile`, in a thread of its own: 10,000 rules take 0.6 s, in which this one goes on
 * answering.
 */
export async function readPolicyAside(source: string): Promise<Policy | PolicyMistake[]> {
  const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_MB }
  const thread = new Worker(new URL('./policy-thread.ts', import.meta.url), { workerData: source, resourceLimits })
  try {
    return await new Promise((done, fail) => {
      const apps: PolicyApp[] = []
      thread.on('message', (message: FromThread) => {
        if ('apps' in message) apps.push(...message.apps)
        else done('rest' in message ? { ...message.rest, apps } : [...message.mistakes])
      })
      thread.once('error', fail)
      thread.once('exit', () => fail(new Error('the thread that reads a policy ended early')))
    })
  } finally {
    await thread.terminate()
  }
}
