import type { Exchange } from './exchange.ts'
import { LAST_PATH } from './streams.ts'
import type { Stream } from './streams.ts'

/** How two servers answered the same bytes: alike, both with a no though not the same one, or not alike. */
export type Comparison = 'same' | 'both_refused' | 'differs'

/** What the ordinary server says to bytes that it can't read, before it closes. */
const UNREADABLE =
  /HTTP\/1\.1 4\d\d [^\r\n]*\r\nContent-Length: \d+\r\nContent-Type: application\/json\r\n\r\n\{"error":[^{}]*\}$/

/** A last answer that ends the connection. */
const CLOSED = /Connection: close\r\n(?:(?!HTTP\/1\.1 )[^])*$/

/** After this the ordinary server closes at once. */
const CLOSES = /^connect /im

/** The same bytes but for what no two answers share; where the lane only closes the ordinary server may say why. */
export function compare(lane: Exchange, ordinary: Exchange): Comparison {
  if (lane.outcome === 'stuck' || ordinary.outcome === 'stuck') return 'differs'
  const [ours, theirs] = [masked(lane.received), masked(ordinary.received)]
  if (ours === theirs) return 'same'
  if (!theirs.startsWith(ours)) return 'differs'
  return withoutRefusal(theirs) === ours ? 'both_refused' : 'differs'
}

/**
 * True when the one says nothing that the other doesn't say, in the same order, and the other hasn't come to the end
 * either. The ordinary server forgets what it hasn't answered yet once bytes come that it can't read, and a sender loses
 * answers when it writes to who has closed.
 */
export function isWithin(hasty: Exchange, careful: Exchange, { bytes, ending }: Stream): boolean {
  if (hasty.outcome === 'stuck') return false
  const [ours, theirs] = [masked(hasty.received), masked(careful.received)]
  const isShort =
    ending === 'last_request' ? !theirs.includes(LAST_PATH) : CLOSED.test(theirs) || UNREADABLE.test(theirs)
  return (isShort || CLOSES.test(bytes)) && theirs.startsWith(withoutRefusal(ours))
}

/** Answers to requests that were let pass. */
export function countAllowed({ received }: Exchange): number {
  return received.split('HTTP/1.1 200 OK\r\n').length - 1
}

function masked(received: string): string {
  const ids = new Set(Array.from(received.matchAll(/^X-Postern-Decision: ([0-9a-f]{12})\r$/gim), ([, id = '']) => id))
  let text = received.replace(/^Date: .*\r$/gim, 'Date: now\r')
  for (const id of ids) text = text.replaceAll(id, 'decision')
  return text
}

function withoutRefusal(received: string): string {
  const at = received.search(UNREADABLE)
  return at === -1 ? received : received.slice(0, at)
}
