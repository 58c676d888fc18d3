import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readArguments } from '../../bench/arguments.ts'

const DEFAULTS = { rounds: 5, seconds: 2, against: null, predict: null, plot: false, json: false, help: false }
const OTHER = { url: 'http://127.0.0.1:9091/auth?a=1', address: '127.0.0.1:9091', target: '/auth?a=1' }

test('the bench measures all in five rounds of two seconds unless told otherwise', () => {
  const suites = ['verify', 'policies', 'sessions', 'pages']
  assert.deepEqual(readArguments([]), { ...DEFAULTS, suites })
  const given = readArguments(['sessions', '--rounds', '7', '--seconds=1', '--json'])
  assert.deepEqual(given, { ...DEFAULTS, suites: ['sessions'], rounds: 7, seconds: 1, json: true })
  assert.deepEqual(readArguments(['--plot']), { ...DEFAULTS, suites, plot: true })
})

test('scale is measured where it is named, and foretells instead where it is told numbers', () => {
  assert.deepEqual(readArguments(['scale']), { ...DEFAULTS, suites: ['scale'] })
  assert.equal(readArguments(['scale', '--predict', 'sessions=7']).predict?.sessions, 7)
})

test('another gateway is measured with verify alone, and is to answer 200 unless told otherwise', () => {
  const against = { ...OTHER, cookie: null, status: 200, pid: null }
  assert.deepEqual(readArguments(['--against', OTHER.url]), { ...DEFAULTS, suites: ['verify'], against })
  const all = ['verify', 'policies', '--against', OTHER.url, '--cookie', 'a=b; c=d', '--expect', '401', '--pid', '42']
  const told = { ...OTHER, cookie: 'a=b; c=d', status: 401, pid: 42 }
  assert.deepEqual(readArguments(all), { ...DEFAULTS, suites: ['verify', 'policies'], against: told })
})

test('the bench refuses what it does not know as wrong use', () => {
  const against = ['--against', OTHER.url]
  const wrong = [
    ['--round', '1'],
    ['more'],
    ['--rounds', '0'],
    ['--rounds', '51'],
    ['--seconds', '1.5'],
    ['--seconds'],
    ['policies', '--plot'],
    ['scale', '--predict', 'people=1'],
    ['--predict'],
    ['sessions', ...against],
    ['--against', 'here'],
    ['--cookie', 'a=b'],
    ['--expect', '200'],
    ['--pid', '1'],
    [...against, '--expect', '403'],
    [...against, '--expect', '2000'],
    [...against, '--pid', '0'],
    [...against, '--cookie', 'a\r\nb: c'],
  ]
  for (const args of wrong)
    assert.throws(() => readArguments(args), { name: 'OperatorError', exitCode: 2 }, args.join(' '))
})
