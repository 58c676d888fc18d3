import { setTimeout as delay } from 'node:timers/promises'
import { request } from 'undici'
import type { Dispatcher } from 'undici'
import type { Gateway } from './gateway.ts'
import type { Recorder } from './history.ts'

/** How late a timer of ours may be, and an answer of a process that has nothing to look up. */
const LATE_MS = 60
const TICK_MS = 20
const PING_MS = 100
const PATIENCE_MS = 10_000

/** Writes down when the harness or a process did nothing for a while, until the signal. */
export function watchStalls(gateways: readonly Gateway[], recorder: Recorder, signal: AbortSignal): Promise<unknown> {
  return Promise.all([watchHarness(recorder, signal), ...gateways.map((each) => watchProcess(each, recorder, signal))])
}

async function watchHarness(recorder: Recorder, signal: AbortSignal): Promise<void> {
  for (let last = performance.now(); !signal.aborted; last = performance.now()) {
    await delay(TICK_MS)
    const now = performance.now()
    if (now - last > TICK_MS + LATE_MS) recorder.stall({ process: null, from: last, until: now })
  }
}

async function watchProcess({ index, ops, agent }: Gateway, recorder: Recorder, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const from = performance.now()
    await ping(ops, agent)
    const until = performance.now()
    if (until - from > LATE_MS) recorder.stall({ process: index, from, until })
    await delay(PING_MS)
  }
}

async function ping(ops: string, dispatcher: Dispatcher): Promise<void> {
  try {
    const { body } = await request(`${ops}/ping`, { dispatcher, headersTimeout: PATIENCE_MS })
    await body.dump()
  } catch {
    // Who isn't there is told of by the faults.
  }
}
