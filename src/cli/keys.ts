import type { Command } from 'commander'
import { withJson } from './command.ts'
import type { Options, Order } from './command.ts'

/** `keys`: what secrets and tokens are made with. */
export function keysCommands(keys: Command, order: Order): void {
  withJson(keys.command('status').description('every key, how it stands, and what needs it')).action(
    (options: Options) => order('keys status', {}, options),
  )
  withJson(
    keys.command('rotate [purpose...]').description('make keys that take over from those in use; nobody is signed out'),
  )
    .option('--all', 'for every purpose')
    .option('--end-now', 'end all keys of token or assertion at once, as after a theft')
    .option('--yes', 'even though --end-now ends every sign-in')
    .action((purposes: readonly string[], options: Options) => order('keys rotate', { ...options, purposes }, options))
}
