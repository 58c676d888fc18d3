import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { suiteCleanup } from '../support/app.ts'
import { CASES } from './cases.ts'
import { statusWord } from './case.ts'
import { GATEWAY_CASES } from './gateway-cases.ts'
import { KINDS } from './kinds.ts'
import { createMatrix } from './matrix.ts'
import { openStubbed } from './stubbed.ts'
import type { Stubbed } from './stubbed.ts'
import { send } from './talk.ts'
import { openWorld } from './world.ts'
import type { World } from './world.ts'

const matrix = createMatrix()

for (const kind of KINDS) {
  suite(`behind ${kind.name}, as \`postern snippet\` sets it up,`, () => {
    const cleanup = suiteCleanup()
    let world: World
    before(async () => {
      world = await openWorld(cleanup, kind)
    })

    for (const { name, outcome, differs, run } of CASES) {
      test(name, async (t) => {
        const expected = differs?.[kind.name]?.outcome ?? outcome
        assert.equal(matrix.note(name, kind, await run(world, t)), expected)
      })
    }

    const killed = 'a gateway that is killed lets nobody in, known or not'
    test(killed, async () => {
      assert.equal((await send(world, { line: 'GET /wiki', signedIn: true })).status, 200)
      await world.postern.kill()
      for (const [line, signedIn] of [
        ['GET /wiki', true],
        ['GET /public/a', false],
      ] as const) {
        const { app, status } = await send(world, { line, signedIn })
        assert.deepEqual([app, status === null || status >= 500], [[], true], statusWord(status))
      }
      matrix.note(killed, kind, 'closed')
    })
  })

  suite(`${kind.name} and a gateway that does as it is told:`, () => {
    const cleanup = suiteCleanup()
    let place: Stubbed
    before(async () => {
      place = await openStubbed(cleanup, kind)
    })

    for (const { name, outcome, differs, run } of GATEWAY_CASES) {
      test(name, async () => {
        const expected = differs?.[kind.name]?.outcome ?? outcome
        assert.equal(matrix.note(name, kind, await run(place)), expected)
      })
    }
  })
}

test('every proxy was put to every case', (t) => {
  for (const line of matrix.lines([...CASES, ...GATEWAY_CASES])) t.diagnostic(line)
  assert.equal(matrix.size(), KINDS.length * (CASES.length + GATEWAY_CASES.length + 1))
})
