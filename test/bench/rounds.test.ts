import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inRounds, rotated, untilAnswered } from '../../bench/rounds.ts'

const [CASE, OTHER] = [{ name: 'one' }, { name: 'other' }]

function collect(): { told: string[]; progress: (line: string) => void } {
  const told: string[] = []
  return { told, progress: (line) => void told.push(line) }
}

test('each round begins with another case and has them all', () => {
  const cases = ['a', 'b', 'c']
  const rounds = [0, 1, 2, 3].map((round) => rotated(cases, round).join(''))
  assert.deepEqual(rounds, ['abc', 'bca', 'cab', 'abc'])
})

test('samples come back in the order of the list, whatever the order they were taken in', async () => {
  const { told, progress } = collect()
  const order: string[] = []
  const measure = async ({ name }: { name: string }): Promise<string> => name + order.push(name)
  const { signal } = new AbortController()
  const samples = await inRounds('work', { items: [CASE, OTHER], rounds: 3, signal, progress, measure })
  assert.deepEqual(order, ['one', 'other', 'other', 'one', 'one', 'other'])
  assert.deepEqual(samples, [
    [CASE, ['one1', 'one4', 'one5']],
    [OTHER, ['other2', 'other3', 'other6']],
  ])
  assert.equal(told.length, 3)
})

test('an interruption ends the rounds before the next case', async () => {
  const interrupted = new AbortController()
  let measured = 0
  const measure = async (): Promise<number> => (interrupted.abort(), ++measured)
  const options = { items: [CASE, OTHER], rounds: 3, signal: interrupted.signal, ...collect(), measure }
  await assert.rejects(inRounds('work', options), { name: 'AbortError' })
  assert.equal(measured, 1)
})

test('a run that does not count is repeated, and three of them end the bench', async () => {
  const { told, progress } = collect()
  const runs = [null, null, 'measured', null, null, null]
  const measure = async (): Promise<string | null> => runs.shift() ?? null
  assert.equal(await untilAnswered(CASE, { progress }, measure), 'measured')
  assert.equal(told.length, 2)
  await assert.rejects(untilAnswered(CASE, { progress }, measure), /no answers that count in 3 runs/)
  assert.deepEqual(runs, [])
})
