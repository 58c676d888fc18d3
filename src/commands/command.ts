import type { Config } from '../config/settings.ts'
import type { Keys } from '../credentials/keys.ts'
import type { NewPasswords } from '../credentials/new-passwords.ts'
import type { OwnFactors } from '../credentials/own-factors.ts'
import type { Passwords } from '../credentials/password.ts'
import { OperatorError } from '../errors.ts'
import type { Attempts } from '../limits/attempts.ts'
import type { Policies } from '../policies/policies.ts'
import type { RecoveryTools } from '../recovery/parts.ts'
import type { ApiTokens } from '../sessions/api-tokens.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { ChangeFeed } from '../store/change-feed.ts'
import type { Database } from '../store/database.ts'

/** What commands work with: the running server's own parts, or ones opened for this command alone. */
export interface CommandContext {
  readonly config: Config
  readonly database: Database
  readonly keys: Keys
  readonly feed: ChangeFeed
  readonly passwords: Passwords
  readonly newPasswords: NewPasswords
  readonly ownFactors: OwnFactors
  readonly sessions: Sessions
  readonly policies: Policies
  readonly recovery: RecoveryTools
  readonly attempts: Attempts
  readonly apiTokens: ApiTokens
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
