import type { Duplex } from 'node:stream'

/** The streams of a pool, which doesn't wait for the goodbyes that it sends. */
export interface OpenStreams {
  add(stream: Duplex): Duplex
  /** Breaks off all that are open. */
  destroyAll(): void
  /** Resolves once all are closed; those that a server which hangs leaves open are broken off after 2 s. */
  allClosed(): Promise<void>
}

const CLOSE_MS = 2_000

export function createOpenStreams(): OpenStreams {
  const streams = new Set<Duplex>()
  return {
    add(stream) {
      streams.add(stream)
      return stream.once('close', () => streams.delete(stream))
    },
    destroyAll: () => streams.forEach((stream) => stream.destroy()),
    async allClosed() {
      const giveUp = setTimeout(() => streams.forEach((stream) => stream.destroy()), CLOSE_MS)
      await Promise.all(Array.from(streams, (stream) => new Promise((resolve) => stream.once('close', resolve))))
      clearTimeout(giveUp)
    },
  }
}
