import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readArguments } from '../../bench/arguments.ts'

test('the bench measures all in five rounds of three seconds unless told otherwise', () => {
  const suites = ['verify', 'policies', 'sessions']
  assert.deepEqual(readArguments([]), { suites, rounds: 5, seconds: 3, json: false, help: false })
  const given = readArguments(['sessions', '--rounds', '7', '--seconds=1', '--json'])
  assert.deepEqual(given, { suites: ['sessions'], rounds: 7, seconds: 1, json: true, help: false })
})

test('the bench refuses what it does not know as wrong use', () => {
  const wrong = [['--round', '1'], ['more'], ['--rounds', '0'], ['--rounds', '51'], ['--seconds', '1.5'], ['--seconds']]
  for (const args of wrong)
    assert.throws(() => readArguments(args), { name: 'OperatorError', exitCode: 2 }, args.join())
})
