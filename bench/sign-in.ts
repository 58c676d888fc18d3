import type { Environment } from './environment.ts'
import { timed, timesOf } from './times.ts'
import type { Times } from './times.ts'
import { signIn } from './visits.ts'

export type SignInRow = { readonly case: string } & Times

const ALONE = 30
const AT_ONCE = 8
const BURSTS = 5

/** How long people wait who sign in through nginx, each over a connection of their own. */
export async function measureSignIns(environment: Environment, signal: AbortSignal): Promise<SignInRow[]> {
  const alone: number[] = []
  for (let turn = 0; turn < ALONE; turn++) await signInTimed(environment, alone, signal)
  const together: number[] = []
  for (let burst = 0; burst < BURSTS; burst++) {
    await Promise.all(Array.from({ length: AT_ONCE }, () => signInTimed(environment, together, signal)))
  }
  return [
    { case: 'one after the other', ...timesOf(alone) },
    { case: `${AT_ONCE} at once`, ...timesOf(together) },
  ]
}

async function signInTimed(environment: Environment, durations: number[], signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  await using opened = new AsyncDisposableStack()
  await timed(durations, () => signIn(environment, opened))
}
