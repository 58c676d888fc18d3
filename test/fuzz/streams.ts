import { createDice } from './dice.ts'
import type { Dice } from './dice.ts'
import { hostileRequest } from './hostile.ts'
import { bytesOf, properRequest } from './requests.ts'
import type { Visitors } from './requests.ts'

/** What is sent over one connection. */
export interface Stream {
  /** One character for each byte. */
  readonly bytes: string
  /** Before these the sender pauses, in rising order. */
  readonly cuts: readonly number[]
  /** A last request that asks for the connection to be closed, or a half-closed connection. */
  readonly ending: 'last_request' | 'half_close'
}

/** As the answer to the last request names what was asked for. */
export const LAST_PATH = 'rd=%2Flast\r\n'

const LAST_REQUEST =
  'GET /verify/nginx/app/app HTTP/1.1\r\nHost: postern\r\nX-Original-Method: GET\r\nX-Original-Proto: https\r\n' +
  'X-Original-Host: app.example.com\r\nX-Original-URI: /last\r\nX-Real-IP: 203.0.113.7\r\nAccept: text/html\r\nConnection: close\r\n\r\n'

const MAX_REQUESTS = 5
const HOSTILE_PERCENT = 25
const MUTATED_PERCENT = 35

/** Makes the stream of one case; the same one for the same seed, place and visitors. */
export function makeStream(seed: number, place: number, visitors: Visitors): Stream {
  const dice = createDice(seed, place)
  // The ordinary server gives up what it has not answered once the other side has ended.
  const ending = dice.chance(20) ? 'half_close' : 'last_request'
  const requests = Array.from({ length: 1 + dice.below(MAX_REQUESTS) }, (_, at) => {
    const making = { dice, visitors, path: `/c${place}-${at}`, mayBeLate: ending === 'last_request' }
    return dice.chance(HOSTILE_PERCENT) ? hostileRequest(making) : bytesOf(properRequest(making))
  })
  const bytes = dice.chance(MUTATED_PERCENT) ? mutated(dice, requests.join('')) : requests.join('')
  return { bytes, cuts: cutsIn(dice, bytes.length), ending }
}

/** Everything that is sent, in pieces: its own, and those that end with an empty line where asked for. */
export function piecesOf({ bytes, cuts, ending }: Stream, byRequests: boolean): string[] {
  const whole = ending === 'last_request' ? bytes + LAST_REQUEST : bytes
  const ends = byRequests ? Array.from(whole.matchAll(/\r\n\r\n/g), ({ index }) => index + 4) : []
  const inside = [...new Set([...cuts, ...ends])].filter((cut) => cut > 0 && cut < whole.length)
  const bounds = [0, ...inside.sort((a, b) => a - b), whole.length]
  return bounds.slice(1).map((end, at) => whole.slice(bounds[at], end))
}

function cutsIn(dice: Dice, length: number): number[] {
  if (dice.chance(60)) return []
  const cuts = Array.from({ length: 1 + dice.below(3) }, () => dice.below(length + 1))
  return [...new Set(cuts)].sort((a, b) => a - b)
}

const TELLING = [
  '\0',
  '\t',
  '\n',
  '\r',
  ' ',
  ':',
  ',',
  ';',
  '=',
  '/',
  '0',
  '\x7f',
  '\x80',
  '\xff',
  '\r\n',
  '\r\n\r\n',
] as const

function mutated(dice: Dice, bytes: string): string {
  let text = bytes
  for (let left = 1 + dice.below(3); left > 0; left--)
    text = dice.pick(MUTATIONS)(dice, text, dice.below(text.length + 1))
  return text
}

type Mutation = (dice: Dice, text: string, at: number) => string

const MUTATIONS: readonly [Mutation, ...Mutation[]] = [
  (dice, text, at) => replaced(text, at, 1, String.fromCharCode(text.charCodeAt(at) ^ (1 << dice.below(8)) || 0)),
  (dice, text, at) => replaced(text, at, 1, dice.pick(TELLING)),
  (dice, text, at) => replaced(text, at, 0, dice.pick(TELLING)),
  (dice, text, at) => replaced(text, at, 0, String.fromCharCode(dice.below(256))),
  (_dice, text, at) => replaced(text, at, 1, ''),
  (_dice, text, at) => replaced(text, at, 0, text.charAt(at)),
  (dice, text, at) => replaced(text, at, dice.below(40), ''),
  (dice, text, at) => replaced(text, at, 0, text.slice(at, at + dice.below(200))),
  (_dice, text, at) => text.slice(0, at),
  (_dice, text, at) => atLineEnd(text, at, '\n'),
  (_dice, text, at) => atLineEnd(text, at, '\r'),
  (_dice, text, at) => atLineEnd(text, at, '\n\r'),
  (_dice, text, at) => atLineEnd(text, at, '\r\r\n'),
  (_dice, text, at) => atLineEnd(text, at, '\r\n '),
]

function atLineEnd(text: string, from: number, instead: string): string {
  const at = text.indexOf('\r\n', from)
  return at === -1 ? text : replaced(text, at, 2, instead)
}

function replaced(text: string, at: number, length: number, instead: string): string {
  return text.slice(0, at) + instead + text.slice(at + length)
}
