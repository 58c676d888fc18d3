import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { checkHealth } from '../../src/observe/health.ts'
import type { Check } from '../../src/observe/health.ts'

const fine: Check = () => ({ status: 'ok' })

test('all is well when every part is, and when there is none', async () => {
  const late: Check = async () => ({ status: 'ok', detail: 'version 3' })
  assert.deepEqual(await checkHealth({ fine, late }, 1_000), {
    status: 'ok',
    parts: { fine: { status: 'ok' }, late: { status: 'ok', detail: 'version 3' } },
  })
  assert.deepEqual(await checkHealth({}, 1_000), { status: 'ok', parts: {} })
})

const failing: readonly [what: string, check: Check, detail: RegExp][] = [
  ['says so', () => ({ status: 'failing', detail: 'no policy' }), /^no policy$/],
  ['rejects', () => Promise.reject(new Error('no database')), /^no database$/],
  ['throws', () => thrown(new Error('a bug')), /^a bug$/],
  ['throws what is no error', () => thrown('text'), /^unknown$/],
]
for (const [what, check, detail] of failing) {
  test(`one part that ${what} makes the whole failing, and the others are still told`, async () => {
    const { status, parts } = await checkHealth({ check, fine }, 1_000)
    assert.deepEqual([status, parts['fine']], ['failing', { status: 'ok' }])
    assert.equal(parts['check']?.status, 'failing')
    assert.match(parts['check']?.detail ?? '', detail)
  })
}

test(
  'a part that never answers is failing once it is late, and costs the others nothing',
  { timeout: 5_000 },
  async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const hanging: Check = () => new Promise(() => undefined)
    const asked = checkHealth({ hanging, another: hanging, fine }, 2_000)
    await turn()
    // One after the other: each part of a deadline begins when the one before has passed.
    for (let tick = 0; tick < 5; tick++) t.mock.timers.tick(400)
    const { status, parts } = await asked
    assert.deepEqual([status, parts['fine']?.status], ['failing', 'ok'])
    assert.deepEqual(parts['hanging'], { status: 'failing', detail: 'no answer within 2000 ms' })
  },
)

function thrown(what: unknown): never {
  throw what
}
