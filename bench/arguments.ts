import { parseArgs } from 'node:util'
import { OperatorError } from '../src/errors.ts'
import { readAgainstUrl } from './against.ts'
import type { Against } from './against.ts'
import type { Numbers } from './scale/model.ts'
import { readNumbers } from './scale/numbers.ts'

/** What can be measured by itself. */
export const SUITES = ['verify', 'policies', 'sessions', 'pages', 'scale'] as const
export type Suite = (typeof SUITES)[number]

/** How much is measured. */
export interface Amounts {
  /** How often each case of `verify` is measured; its figures are the medians. */
  readonly rounds: number
  /** How long each measurement under load lasts. */
  readonly seconds: number
}

export interface Arguments extends Amounts {
  /** All of them but `scale` unless some are named; `verify` alone with another gateway. */
  readonly suites: readonly Suite[]
  readonly against: Against | null
  /** What to predict instead of measuring anything. */
  readonly predict: Numbers | null
  readonly plot: boolean
  readonly json: boolean
  readonly help: boolean
}

export const USAGE = `Measures Postern beside what it could at best be compared with.

  npm run bench -- [verify] [policies] [sessions] [pages] [--rounds N] [--seconds S] [--plot] [--json]
  npm run bench -- verify --against URL [--cookie C] [--expect STATUS] [--pid N]
  npm run bench -- scale [--predict NAME=NUMBER,…]

  verify         what a request costs behind a real nginx; what signing in takes
  policies       what rules cost, until they are in force and for each request
  sessions       what memory of sessions costs, and how fast it forgets
  pages          how long pages and the API take with a million events
  scale          what one of each costs, and whether a model foretells a site from that; only by name
  --rounds N     measurements of each case of verify, 1 to 50; 5 unless given
  --seconds S    seconds of each under load, 1 to 60; 2 unless given
  --plot         draws verify into bench/results/<date>.svg
  --json         one JSON document on standard output instead of tables

  --against URL  measures the verify endpoint of another gateway as well, which runs already:
                 http://127.0.0.1:9091/path or http://unix:/run/other.sock:/path
  --cookie C     what it gets as Cookie, such as session=abc
  --expect S     status that it answers, 200 to 299 or 401; 200 unless given
  --predict …    what the costs that scale measured last foretell, without measuring: users, sessions,
                 processes, requests, nobody, forged, signins, revocations (a second), redis (0 or 1)

  --pid N        its process, to read the CPU of it and of all processes below it
`

const BY_DEFAULT = SUITES.filter((suite) => suite !== 'scale')

type Given = ReturnType<typeof parse>['values']

/** @throws OperatorError, exit code 2, for what it doesn't know */
export function readArguments(args: readonly string[]): Arguments {
  const { values: given, positionals } = parse(args)
  const named = positionals.map(suiteNamed)
  const against = readAgainst(given)
  const suites = named.length > 0 ? named : against === null ? BY_DEFAULT : (['verify'] as const)
  const needsVerify = against !== null ? '--against' : given.plot ? '--plot' : null
  if (needsVerify !== null && !suites.includes('verify')) throw wrongUse(`${needsVerify} goes with verify.`)
  return {
    suites,
    rounds: wholeNumber('--rounds', given.rounds, { min: 1, max: 50 }),
    seconds: wholeNumber('--seconds', given.seconds, { min: 1, max: 60 }),
    against,
    predict: given.predict === undefined ? null : readNumbers(given.predict),
    plot: given.plot,
    json: given.json,
    help: given.help,
  }
}

function readAgainst({ against: url, cookie, expect, pid }: Given): Against | null {
  if (url === undefined) {
    if ((cookie ?? expect ?? pid) === undefined) return null
    throw wrongUse('--cookie, --expect and --pid go with --against.')
  }
  const place = readAgainstUrl(url)
  if (place === null) throw wrongUse('--against expects http://host:port/path or http://unix:/path/to.sock:/path.')
  if (cookie !== undefined && !/^[!-~][ -~]*$/.test(cookie)) throw wrongUse('--cookie expects printable ASCII.')
  return {
    ...place,
    cookie: cookie ?? null,
    status: readStatus(expect),
    pid: pid === undefined ? null : wholeNumber('--pid', pid, { min: 1, max: 4_194_304 }),
  }
}

function readStatus(text = '200'): number {
  if (/^2\d\d$|^401$/.test(text)) return Number(text)
  throw wrongUse('--expect takes 200 to 299 or 401: with any other answer nginx serves a page of its own.')
}

function suiteNamed(name: string): Suite {
  const found = SUITES.find((suite) => suite === name)
  if (found === undefined) throw wrongUse(`There is no ${name} to measure, only ${SUITES.join(', ')}.`)
  return found
}

function parse(args: readonly string[]) {
  const options = {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    against: { type: 'string' },
    cookie: { type: 'string' },
    expect: { type: 'string' },
    pid: { type: 'string' },
    predict: { type: 'string' },
    plot: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    throw new OperatorError(error instanceof Error ? error.message : String(error), 2, { cause: error })
  }
}

function wholeNumber(name: string, text: string, { min, max }: { min: number; max: number }): number {
  const number = /^\d{1,7}$/.test(text) ? Number(text) : -1
  if (number < min || number > max) throw wrongUse(`${name} expects a whole number from ${min} to ${max}.`)
  return number
}

function wrongUse(sentence: string): OperatorError {
  return new OperatorError(sentence, 2)
}
