import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { BREAKS, breakSource } from './breaks.ts'
import type { BreakName } from './breaks.ts'
import { outlastTheGrace, revokeWhatIsKnown, revokeWhatIsRead } from './plays.ts'
import { openScene } from './scene.ts'
import type { Scene } from './scene.ts'

/** Each leads to a call that a sound program refuses, as `revocations.test.ts` shows, and that this break lets in. */
const CASES: readonly [broken: BreakName, play: (scene: Scene) => Promise<void>][] = [
  ['void rule', revokeWhatIsKnown],
  ['second comparison', revokeWhatIsRead],
  ['freshness rule', outlastTheGrace],
]

const ROUNDS = 4

suite('a program that is broken on purpose', { concurrency: CASES.length, timeout: 60_000 }, () => {
  for (const [broken, play] of CASES) {
    test(`the checker sees that a program lacks this: ${broken}`, async (t) => {
      const scene = await openScene(t, { store: 'shared', processes: 2, users: 1, graceMs: 1_000, broken })
      // On a busy machine what must meet may miss each other.
      for (let round = 0; round < ROUNDS && scene.violations().length === 0; round++) await play(scene)
      assert.deepEqual([...new Set(scene.violations().map(({ rule }) => rule))], ['ended'])
    })
  }
})

test('a break whose place has changed is noticed', () => {
  for (const each of Object.values(BREAKS)) assert.throws(() => breakSource('nothing of it', each), /0 times/)
})
