import { createInterface } from 'node:readline/promises'
import type { Interface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { OperatorError } from '../errors.ts'

/** Where a password comes from: never an argument, which every process on the machine could read. */
export interface PasswordSource {
  /** True with `--password-stdin`: the first line of standard input. */
  readonly fromStdin: boolean
  /** Whether the command can do without one; then an empty answer, or no terminal to ask at, means none. */
  readonly optional: boolean
  /** As people call it, `password` unless given. */
  readonly called?: string
  /** True for one that is known already, which no second question need make sure of. */
  readonly once?: boolean
}

/** @throws OperatorError when a password is needed and there is no way to get one */
export async function askPassword(source: PasswordSource): Promise<string | undefined> {
  const { fromStdin, optional } = source
  if (process.stdin.isTTY) return askTerminal(source)
  if (fromStdin) return firstLine(await text(process.stdin))
  if (optional) return undefined
  throw new OperatorError('Give the password on standard input with --password-stdin.', 2)
}

/** A password that was mistyped unseen would lock somebody out. */
async function askTerminal({
  optional,
  called = 'password',
  once = false,
}: PasswordSource): Promise<string | undefined> {
  const label = `${called.charAt(0).toUpperCase()}${called.slice(1)}`
  // The terminal stops showing what is typed before the first question stands there, and until after the second.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  try {
    const password = await askUnseen(terminal, optional ? `${label} (empty for none): ` : `${label}: `)
    if (password === '' && optional) return undefined
    if (once) return password
    if (password === (await askUnseen(terminal, 'The same again: '))) return password
  } finally {
    terminal.close()
  }
  throw new OperatorError(`The two ${called}s differ. Nothing was changed; run the command again.`)
}

/** Asks on standard error and shows nothing of the answer. */
async function askUnseen(terminal: Interface, question: string): Promise<string> {
  process.stderr.write(question)
  try {
    return await terminal.question('')
  } finally {
    process.stderr.write('\n')
  }
}

function firstLine(input: string): string {
  const [line = ''] = input.split(/\r?\n/)
  return line
}
