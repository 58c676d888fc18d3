import { connect } from 'node:net'
import { connectOptions } from './address.ts'
import type { DirectLoad, DirectRun } from './direct-load.ts'

const BUFFER_BYTES = 65_536
const STATUS_AT = 9
const HEAD_END = 0x0d0a0d0a
const LONGEST_US = 2_000_000
/** How long an answer may still take when time is over. */
const LAST_ANSWER_MS = 2_000

interface Counts {
  /** How often each latency came, by microseconds. */
  readonly latencies: Uint32Array
  requests: number
  others: number
  lost: number
}

process.stdout.write(JSON.stringify(await run(JSON.parse(process.argv[2] ?? '{}') as DirectLoad)))

async function run(load: DirectLoad): Promise<DirectRun> {
  const counts = { latencies: new Uint32Array(LONGEST_US), requests: 0, others: 0, lost: 0 }
  const startedAt = performance.now()
  const until = startedAt + load.milliseconds
  await Promise.all(Array.from({ length: load.connections }, () => askUntil(until, load, counts)))
  const durationUs = Math.round((performance.now() - startedAt) * 1_000)
  const at = (share: number): number => percentileOf(counts, share)
  const { requests, others, lost } = counts
  return { requests, others, lost, durationUs, p50Us: at(0.5), p99Us: at(0.99), p999Us: at(0.999) }
}

/** One connection, opened anew when the gateway closes it. */
async function askUntil(until: number, load: DirectLoad, counts: Counts): Promise<void> {
  while (performance.now() < until) await askOver(until, load, counts)
}

/**
 * Resolves when the connection is closed. What it reads goes into one buffer and what it writes is always the same, so
 * that asking costs less than answering.
 */
function askOver(until: number, { address, question, status }: DirectLoad, counts: Counts): Promise<void> {
  const bytes = Buffer.from(question, 'latin1')
  const wanted = Buffer.from(String(status)).readUIntBE(0, 3)
  const answer = Buffer.alloc(BUFFER_BYTES)
  let sentAt = 0
  let isWaiting = false
  let isInside = false
  const ask = (): void => {
    sentAt = performance.now()
    isWaiting = true
    socket.write(bytes)
  }
  const read = (size: number): boolean => {
    if (!isInside && answer.readUIntBE(STATUS_AT, 3) !== wanted) counts.others++
    isInside = size < 4 || answer.readUInt32BE(size - 4) !== HEAD_END
    if (isInside) return true
    isWaiting = false
    const now = performance.now()
    count(counts, now - sentAt)
    if (now < until) ask()
    else socket.destroy()
    return true
  }
  const socket = connect({ ...connectOptions(address), onread: { buffer: answer, callback: read } }, ask)
  socket.setTimeout(until - performance.now() + LAST_ANSWER_MS, () => socket.destroy())
  // It is closed next, which tells whether a question was lost.
  socket.on('error', () => undefined)
  const { promise, resolve } = Promise.withResolvers<void>()
  socket.on('close', () => {
    if (isWaiting || sentAt === 0) counts.lost++
    resolve()
  })
  return promise
}

function count(counts: Counts, milliseconds: number): void {
  counts.requests++
  const us = Math.min(LONGEST_US - 1, Math.round(milliseconds * 1_000))
  counts.latencies[us] = (counts.latencies[us] ?? 0) + 1
}

function percentileOf({ latencies, requests }: Counts, share: number): number {
  let left = Math.ceil(share * requests)
  return latencies.findIndex((times) => (left -= times) <= 0)
}
