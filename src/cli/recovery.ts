import type { Command } from 'commander'
import { withJson } from './command.ts'
import type { Options, Order } from './command.ts'

/** Commands that let people in who have no password that they know. */
export function recoveryCommands(user: Command, order: Order): void {
  withJson(
    user.command('reset-link <login>').description('a link by which somebody sets a new password, once, within a day'),
  ).action((login: string, options: Options) => order('user reset-link', { login }, options))
  withJson(user.command('invite').description('let somebody make an account; by mail where there is a mail server'))
    .requiredOption('--email <address>', 'whom to invite; the account gets this address')
    .option('--role <role...>', 'roles that the account gets')
    .option('--expires <days>', 'how long the invitation lasts, such as 7d', '7d')
    .option('--link', 'print the link instead of sending it')
    .action((options: Options) => order('user invite', options, options))
  withJson(user.command('invitations').description('who was invited and has not accepted yet')).action(
    (options: Options) => order('user invitations', {}, options),
  )
  withJson(user.command('uninvite <id>').description('revoke an invitation')).action((id: string, options: Options) =>
    order('user uninvite', { id }, options),
  )
}
