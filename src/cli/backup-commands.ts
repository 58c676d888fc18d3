import type { Command } from 'commander'
import type { CommandResult } from '../commands/command.ts'
import type { LoadedConfig } from '../config/settings.ts'
import { withJson } from './command.ts'
import type { Options, Show } from './command.ts'

export interface BackupCommandParts {
  readonly configuration: () => LoadedConfig
  /** Of this program. */
  readonly version: string
  readonly show: Show
}

/** `backup` and `restore`. What they need is loaded when they run. */
export function backupCommands(postern: Command, { configuration, version, show }: BackupCommandParts): void {
  const finish = (result: CommandResult | null, options: Options): void => {
    if (result !== null) show(result, options)
  }
  withJson(postern.command('backup <file>'))
    .description('write all that the database holds into one encrypted file; - writes it to standard output')
    .option('--passphrase-stdin', 'read the passphrase from standard input instead of asking')
    .option('--force', 'replace a file that is there')
    .action(async (file: string, options: Options) => {
      const { backUp } = await import('./backup.ts')
      finish(await backUp(configuration(), { file, options, version }), options)
    })
  withJson(postern.command('restore <file>'))
    .description('put a backup in the place of an empty database; ends every sign-in')
    .option('--check', 'only read all of it, count it and verify its record; touches no database')
    .option('--passphrase-stdin', 'read the passphrase from standard input instead of asking')
    .option('--replace', 'drop what the database holds: users, policies, the record, all of it')
    .option('--yes', 'do not ask whether to')
    .action(async (file: string, options: Options) => {
      const { restore } = await import('./restore.ts')
      finish(await restore(configuration(), file, options), options)
    })
}
