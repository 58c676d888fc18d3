import { parseArgs } from 'node:util'
import { OperatorError } from '../src/errors.ts'

/** What can be measured by itself. */
export const SUITES = ['verify', 'policies', 'sessions'] as const
export type Suite = (typeof SUITES)[number]

/** How much is measured. */
export interface Amounts {
  /** How often each case of `verify` is measured; its figures are the medians. */
  readonly rounds: number
  /** How long each measurement under load lasts. */
  readonly seconds: number
}

export interface Arguments extends Amounts {
  /** All of them unless some are named. */
  readonly suites: readonly Suite[]
  readonly json: boolean
  readonly help: boolean
}

export const USAGE = `Measures Postern beside what it could at best be compared with.

  npm run bench -- [verify] [policies] [sessions] [--rounds N] [--seconds S] [--json]

  verify       what a request costs behind a real nginx; what signing in takes
  policies     what rules cost, until they are in force and for each request
  sessions     what memory of sessions costs, and how fast it forgets
  --rounds N   measurements of each case of verify, 1 to 50; 5 unless given
  --seconds S  seconds of each under load, 1 to 60; 3 unless given
  --json       one JSON document on standard output instead of tables
`

/** @throws OperatorError, exit code 2, for what it doesn't know */
export function readArguments(args: readonly string[]): Arguments {
  const { values: given, positionals } = parse(args)
  const suites = positionals.map(suiteNamed)
  return {
    suites: suites.length === 0 ? SUITES : suites,
    rounds: wholeNumber('--rounds', given.rounds, 50),
    seconds: wholeNumber('--seconds', given.seconds, 60),
    json: given.json,
    help: given.help,
  }
}

function suiteNamed(name: string): Suite {
  const found = SUITES.find((suite) => suite === name)
  if (found === undefined) throw new OperatorError(`There is no ${name} to measure, only ${SUITES.join(', ')}.`, 2)
  return found
}

function parse(args: readonly string[]) {
  const options = {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    throw new OperatorError(error instanceof Error ? error.message : String(error), 2, { cause: error })
  }
}

function wholeNumber(name: string, text: string, max: number): number {
  const number = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (number < 1 || number > max) throw new OperatorError(`${name} expects a whole number from 1 to ${max}.`, 2)
  return number
}
