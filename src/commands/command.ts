import type { AdministrationParts } from '../administration/parts.ts'
import type { Config } from '../config/settings.ts'
import type { Keys } from '../credentials/live-keys.ts'
import type { Passwords } from '../credentials/password.ts'
import { OperatorError, PosternError } from '../errors.ts'

/** What commands work with: the running server's own parts, or ones opened for this command alone. */
export interface CommandContext extends AdministrationParts {
  readonly config: Config
  readonly keys: Keys
  readonly passwords: Passwords
  /** Copies an embedded database beside itself; null where PostgreSQL is used. */
  readonly copyDatabase: (() => Promise<{ readonly path: string; readonly heldMs: number }>) | null
}

/** Arguments and options by name, as plain JSON, since they may travel to the running server. */
export type Arguments = Readonly<Record<string, unknown>>

export interface CommandResult {
  readonly exitCode: 0 | 1
  /** For people. */
  readonly text: string
  /** The same for programs, for `--json`. */
  readonly data: unknown
}

export type Command = (context: CommandContext, given: Arguments) => Promise<CommandResult>

export function done(text: string, data: unknown): CommandResult {
  return { exitCode: 0, text, data }
}

/** @throws OperatorError when it is missing or no text */
export function textOf(given: Arguments, name: string): string {
  const value = given[name]
  if (typeof value !== 'string') throw new OperatorError(`${name} is missing. See --help.`, 2)
  return value
}

export function optionalText(given: Arguments, name: string): string | undefined {
  return given[name] === undefined ? undefined : textOf(given, name)
}

export function listOf(given: Arguments, name: string): readonly string[] {
  const value = given[name] ?? []
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
  throw new OperatorError(`${name} must be a list of texts. See --help.`, 2)
}

/** Tells an operator in words of its own that what was named isn't there. */
export async function orSay<T>(sentence: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof PosternError && error.code === 'nothing_there')
      throw new OperatorError(sentence, 1, { cause: error })
    throw error
  }
}

/** `1 session`, `2 sessions`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** Columns under their headings, as wide as they need to be. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return [line(headings), ...rows.map(line)].join('\n')
}
