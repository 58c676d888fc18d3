import type { Command } from 'commander'
import type { CommandResult } from '../commands/command.ts'

/** What was given with a command, by name. */
export type Options = Readonly<Record<string, unknown>>

/** Runs a command where the database is, and shows what it gives. */
export type Order = (command: string, given: Options, options: Options) => Promise<void>

/** Shows what a command gives that needs no database. */
export type Show = (result: CommandResult, options: Options) => void

/** Every command can print for programs. */
export function withJson(command: Command): Command {
  return command.option('--json', 'print JSON for programs')
}
