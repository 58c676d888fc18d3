import { parseArgs } from 'node:util'
import { OperatorError } from '../src/errors.ts'

export interface Arguments {
  /** How often each case is measured; its figures are the medians. */
  readonly rounds: number
  /** How long each measurement lasts. */
  readonly seconds: number
  readonly json: boolean
  readonly help: boolean
}

export const USAGE = `Measures Postern behind a real nginx, beside what it could at best be compared with.

  npm run bench -- [--rounds N] [--seconds S] [--json]

  --rounds N   measurements of each case, 1 to 50; 5 unless given
  --seconds S  seconds of each, 1 to 60; 3 unless given
  --json       one JSON document on standard output instead of tables
`

/** @throws OperatorError, exit code 2, for what it doesn't know */
export function readArguments(args: readonly string[]): Arguments {
  const given = parse(args)
  return {
    rounds: wholeNumber('--rounds', given.rounds, 50),
    seconds: wholeNumber('--seconds', given.seconds, 60),
    json: given.json,
    help: given.help,
  }
}

function parse(args: readonly string[]) {
  const options = {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const
  try {
    return parseArgs({ args: [...args], options }).values
  } catch (error) {
    throw new OperatorError(error instanceof Error ? error.message : String(error), 2, { cause: error })
  }
}

function wholeNumber(name: string, text: string, max: number): number {
  const number = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (number < 1 || number > max) throw new OperatorError(`${name} expects a whole number from 1 to ${max}.`, 2)
  return number
}
