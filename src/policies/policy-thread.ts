import { parentPort, workerData } from 'node:worker_threads'
import { readPolicyFile } from './policy-file.ts'
import type { PolicyMistake } from './policy-file.ts'
import type { Policy, PolicyApp } from './policy.ts'

/** What the thread sends: all that is wrong, or the apps a few at a time and the rest of the policy at the end. */
export type FromThread =
  | { readonly mistakes: readonly PolicyMistake[] }
  | { readonly apps: readonly PolicyApp[] }
  | { readonly rest: Omit<Policy, 'apps'> }

/** So few that taking them over holds nobody up: 100 apps with 10 rules each take 2 ms. */
const APPS_AT_ONCE = 50

function send(message: FromThread): void {
  parentPort?.postMessage(message, [])
}

const policy = readPolicyFile(String(workerData))
if (Array.isArray(policy)) send({ mistakes: policy })
else {
  const { apps, ...rest } = policy
  for (let start = 0; start < apps.length; start += APPS_AT_ONCE)
    send({ apps: apps.slice(start, start + APPS_AT_ONCE) })
  send({ rest })
}
