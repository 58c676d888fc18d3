import type { Command } from 'commander'
import { withJson } from './command.ts'
import type { Options, Order } from './command.ts'

/** `user factors`: what somebody signs in with besides the password. */
export function factorCommands(factors: Command, order: Order): void {
  withJson(factors.command('list <login>').description('authenticator apps, security keys and passkeys')).action(
    (login: string, options: Options) => order('user factors list', { login }, options),
  )
  withJson(
    factors
      .command('reset <login>')
      .description('remove them all with the recovery codes, and end all sessions: for who has lost them'),
  ).action((login: string, options: Options) => order('user factors reset', { login }, options))
}
