import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { OperatorError } from './errors.ts'

/** Where a password comes from: never an argument, which every process on the machine could read. */
export interface PasswordSource {
  /** True with `--password-stdin`: the first line of standard input. */
  readonly fromStdin: boolean
  /** Whether the command can do without one; then an empty answer, or no terminal to ask at, means none. */
  readonly optional: boolean
}

/** @throws OperatorError when a password is needed and there is no way to get one */
export async function askPassword({ fromStdin, optional }: PasswordSource): Promise<string | undefined> {
  if (process.stdin.isTTY) return askTwice(optional)
  if (fromStdin) return firstLine(await text(process.stdin))
  if (optional) return undefined
  throw new OperatorError('Give the password on standard input with --password-stdin.', 2)
}

/** A password that was mistyped unseen would lock somebody out. */
async function askTwice(optional: boolean): Promise<string | undefined> {
  const password = await promptUnseen(optional ? 'Password (empty for none): ' : 'Password: ')
  if (password === '' && optional) return undefined
  if (password === (await promptUnseen('The same again: '))) return password
  throw new OperatorError('The two passwords differ. Nothing was changed; run the command again.')
}

function firstLine(input: string): string {
  const [line = ''] = input.split(/\r?\n/)
  return line
}

/** Asks on standard error and shows nothing of the answer. */
async function promptUnseen(question: string): Promise<string> {
  process.stderr.write(question)
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  try {
    return await terminal.question('')
  } finally {
    terminal.close()
    process.stderr.write('\n')
  }
}
