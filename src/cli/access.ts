import type { Command } from 'commander'
import { systemHealth, systemReady } from '../commands/system.ts'
import type { Config } from '../config/settings.ts'
import { withJson } from './command.ts'
import type { Options, Order, Show } from './command.ts'

/** `system`: how the program is. */
export function systemCommands(
  postern: Command,
  { show, config }: { readonly show: Show; readonly config: () => Config },
): void {
  const system = postern.command('system').description('the running server')
  withJson(system.command('health').description('how each part does; ends with 1 unless all are well'))
    .option('--ready', 'only whether it takes requests, for health checks of containers')
    .action(async (options: Options) =>
      show(await (options['ready'] === true ? systemReady : systemHealth)(config()), options),
    )
}

/** `grant`: roles for a while. */
export function grantCommands(grant: Command, order: Order): void {
  withJson(grant.command('create <login> <role>').description('give somebody a role until a time; a mail tells of it'))
    .requiredOption(
      '--until <time>',
      'for so long, such as 2h or 7d, at most 30d, or a time such as 2026-01-31T12:00:00Z',
    )
    .requiredOption('--reason <text>', 'why, for whoever reads it later')
    .action((login: string, role: string, options: Options) =>
      order('grant create', { ...options, login, role }, options),
    )
  withJson(grant.command('list').description('roles that somebody has for a while, the latest first'))
    .option('--login <login>', 'of this person')
    .option('--role <role>', 'of this role')
    .option('--all', 'those too that are over')
    .action((options: Options) => order('grant list', options, options))
  withJson(grant.command('revoke <id>').description('end one before its time, at once and everywhere')).action(
    (id: string, options: Options) => order('grant revoke', { id }, options),
  )
}

/** `notice`: what people read beside an app. */
export function noticeCommands(notice: Command, order: Order): void {
  withJson(
    notice
      .command('set <app> <text>')
      .description('tell people something beside an app, in the place of the notice before'),
  )
    .option(
      '--from <time>',
      'from then on, such as 2h from now, or a time such as 2026-01-31T12:00:00Z; now unless given',
    )
    .option('--until <time>', 'until then; until it is cleared unless given')
    .action((app: string, text: string, options: Options) => order('notice set', { ...options, app, text }, options))
  withJson(notice.command('clear <app>').description("take an app's notice away")).action(
    (app: string, options: Options) => order('notice clear', { app }, options),
  )
  withJson(notice.command('list').description('the notices of all apps')).action((options: Options) =>
    order('notice list', {}, options),
  )
}

/** `role` and `matrix`: who may do what, by the policy in force. */
export function accessCommands(postern: Command, order: Order): void {
  const role = postern.command('role').description('what can be given to people')
  withJson(role.command('list').description('roles of the policy, their permissions, and how many have them')).action(
    (options: Options) => order('role list', {}, options),
  )
  withJson(postern.command('matrix').description('who may open which app, by the policy in force'))
    .option('--search <text>', 'whose login, address or name begins so')
    .option('--role <role>', 'who has this role')
    .option('--app <app...>', 'these apps; all unless given')
    .option('--from <address>', 'address of the client')
    .option('--after <login>', 'people after this one')
    .option('--limit <count>', 'how many people at most', '100')
    .action((options: Options) => order('matrix', options, options))
}
