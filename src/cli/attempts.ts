import type { Command } from 'commander'
import { withJson } from './command.ts'
import type { Options, Order } from './command.ts'

/** `attempts`: who failed to sign in how often, and who is stopped for it. */
export function attemptCommands(attempts: Command, order: Order): void {
  narrowed(attempts.command('list').description('failures that are counted now, the latest first')).action(
    (options: Options) => order('attempts list', options, options),
  )
  narrowed(attempts.command('clear').description('forget failures, and with them the stops that they brought'))
    .option('--all', 'every count')
    .action((options: Options) => order('attempts clear', options, options))
}

/** `user unlock`. */
export function unlockCommand(user: Command, order: Order): void {
  withJson(
    user.command('unlock <login>').description('let somebody try again who failed too often, from wherever'),
  ).action((login: string, options: Options) => order('user unlock', { login }, options))
}

function narrowed(command: Command): Command {
  return withJson(command)
    .option('--login <login>', 'of this login or e-mail address')
    .option('--network <network>', 'from this address or network, such as 192.0.2.0/24')
}
