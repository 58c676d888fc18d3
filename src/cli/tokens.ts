import type { Command } from 'commander'
import { withJson } from './command.ts'
import type { Options, Order } from './command.ts'

/** `token`: keys of machine clients, each for one owner. */
export function tokenCommands(token: Command, order: Order): void {
  withJson(token.command('create <login>').description('make a token that acts for somebody, and show it this once'))
    .requiredOption('--name <name>', 'what it is for, such as the machine that has it')
    .option('--expires <days>', 'for how long it is good, such as 90d', '90d')
    .option('--app <app...>', 'apps of the policy; all unless given')
    .option('--host <host...>', 'hosts of these apps; all unless given')
    .option('--path <pattern...>', 'paths such as /api/**; all unless given')
    .option('--method <method...>', 'methods such as GET; all that the rules let pass unless given')
    .option('--network <network...>', 'networks of its clients, such as 10.0.0.0/8; all unless given')
    .option('--api <permission...>', 'permissions on the API, such as postern.users:read; none unless given')
    .action((login: string, options: Options) => order('token create', { ...options, login }, options))
  withJson(token.command('list [login]').description('tokens that are good now, of one person or of all')).action(
    (login: string | undefined, options: Options) =>
      order('token list', { ...(login !== undefined && { login }) }, options),
  )
  withJson(token.command('revoke <id>').description('end a token, at once and everywhere')).action(
    (id: string, options: Options) => order('token revoke', { id }, options),
  )
}
