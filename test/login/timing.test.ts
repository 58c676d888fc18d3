import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { PASSWORD, suiteCleanup } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { createBrowser, hidden, openPortal } from './browser.ts'

/** Rounds in which each case has one turn, so that whatever else the machine does meets all alike. */
const ROUNDS = 30
/** Rounds before the first that counts. */
const WARM_UP = 3
/** A machine that is busy elsewhere may disturb one measurement; who skips a hash is found in each. */
const TRIES = 3

interface Case {
  readonly name: string
  readonly username: string
  readonly password: string
}

const WRONG = 'not it at all'
/** The first is what all others are compared with. */
const CASES: readonly Case[] = [
  { name: 'known, wrong password', username: 'alice', password: WRONG },
  { name: 'unknown', username: 'nobody', password: WRONG },
  { name: 'disabled, right password', username: 'carol', password: PASSWORD },
  { name: 'known by e-mail', username: 'alice@example.com', password: WRONG },
  { name: 'without a password', username: 'nopass', password: WRONG },
  { name: 'one character', username: 'alice', password: 'x' },
  { name: '128 characters', username: 'alice', password: 'x'.repeat(128) },
]

suite('how long a sign-in that fails takes', () => {
  const cleanup = suiteCleanup()
  let app: TestApp
  before(async () => {
    app = await openPortal(cleanup)
    await app.addUser('alice')
    await app.addUser('carol', { disabled: true })
    await app.addUser('nopass', { password: null })
  })

  test('LOGIN-02: tells nothing of whether there is such a person, nor of the password', async (t) => {
    for (let tries = 1; ; tries++) {
      const hashMs = fast(await timeHashes(app))
      const samples = await timeSignIns(app)
      const [[, reference = []] = []] = samples
      t.diagnostic(`${ROUNDS} rounds in turn; compared with the first; one hash ${hashMs.toFixed(1)} ms`)
      const apart = [...samples].filter(([name, own]) => {
        t.diagnostic(`${name}: ${figuresOf(own, reference)}`)
        // What a missing or a second hash exceeds, and nothing that the machine does to all alike.
        return Math.abs(fast(own) - fast(reference)) > hashMs / 2
      })
      if (apart.length === 0) return
      if (tries === TRIES) assert.fail(`${apart.map(([name]) => name).join(' and ')} can be told apart`)
    }
  })
})

async function timeSignIns(app: TestApp): Promise<ReadonlyMap<string, readonly number[]>> {
  const browser = createBrowser(app.portal)
  const csrf = hidden(await browser.get('/.postern/login'), 'csrf')
  const samples = new Map<string, number[]>(CASES.map(({ name }) => [name, []]))
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    await app.context.attempts.clear({})
    // Another begins each round.
    const from = (round + WARM_UP) % CASES.length
    for (const [turn, { name, username, password }] of [...CASES.slice(from), ...CASES.slice(0, from)].entries()) {
      const headers = { 'x-forwarded-for': `10.${turn}.${round + WARM_UP}.1` }
      const began = performance.now()
      const { status } = await browser.post('/.postern/login', { headers, body: { username, password, csrf } })
      if (round >= 0) samples.get(name)?.push(performance.now() - began)
      assert.equal(status, 401)
    }
  }
  return samples
}

async function timeHashes({ context: { passwords } }: TestApp): Promise<number[]> {
  const times = []
  for (let count = 0; count < ROUNDS; count++) {
    const began = performance.now()
    await passwords.verify(null, WRONG)
    times.push(performance.now() - began)
  }
  return times
}

function figuresOf(own: readonly number[], reference: readonly number[]): string {
  const differences = own.flatMap((one) => reference.map((other) => one - other))
  const shift = quantile(differences, 0.5).toFixed(2)
  const z = zOf(own, reference).toFixed(2)
  return `fastest tenth ${fast(own).toFixed(2)} ms, median ${quantile(own, 0.5).toFixed(2)} ms, Hodges-Lehmann shift ${shift} ms, Mann-Whitney z ${z}`
}

/** The bound of the fastest tenth, which others on the machine hardly move. */
function fast(values: readonly number[]): number {
  return quantile(values, 0.1)
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.floor(sorted.length * part)] ?? 0
}

/** Beyond ±2.58 in one of a hundred comparisons of what is alike. */
function zOf(own: readonly number[], reference: readonly number[]): number {
  const [n, m] = [own.length, reference.length]
  const pairs = own.flatMap((one) => reference.map((other) => (Math.sign(one - other) + 1) / 2))
  const wins = pairs.reduce((sum, win) => sum + win, 0)
  return (wins - (n * m) / 2) / Math.sqrt((n * m * (n + m + 1)) / 12)
}
