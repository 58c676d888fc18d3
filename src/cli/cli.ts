import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import type { CommandResult } from '../commands/command.ts'
import { configReference } from '../commands/config.ts'
import type { Reply } from '../commands/control.ts'
import { loadConfig } from '../config/load.ts'
import type { LoadedConfig } from '../config/settings.ts'
import { OperatorError, PosternError } from '../errors.ts'
import { createLog } from '../observe/log.ts'
import { serveOnWorkers } from '../processes/workers.ts'
import { accessCommands, grantCommands, noticeCommands, systemCommands } from './access.ts'
import { askPassword } from './ask-password.ts'
import { attemptCommands, unlockCommand } from './attempts.ts'
import { auditCommands } from './audit.ts'
import { backupCommands } from './backup-commands.ts'
import { withJson } from './command.ts'
import type { Options, Order, Show } from './command.ts'
import { decisionCommands } from './decisions.ts'
import { doctorCommand } from './doctor.ts'
import { factorCommands } from './factors.ts'
import { keysCommands } from './keys.ts'
import { policyCommands } from './policy.ts'
import { recoveryCommands } from './recovery.ts'
import { tokenCommands } from './tokens.ts'
import { userFileCommands } from './users-file.ts'
import type { RunInTurn } from './users-file.ts'

/** What shells give for Ctrl-C. */
const INTERRUPTED = 130

const WITHOUT_ADMINISTRATOR = 'even if nobody is left who may administer'

/**
 * Runs one command of `postern`.
 * @returns the exit code: 0 done, 1 refused or failed, 2 wrong use
 */
export async function run(args: readonly string[]): Promise<number> {
  const outcome = { exitCode: 0 }
  try {
    await program(outcome).parseAsync(args.length === 0 ? serveAlone() : [...args], { from: 'user' })
    return outcome.exitCode
  } catch (error) {
    return explain(error)
  }
}

/** Whoever has just fetched it wants to see it run. */
function serveAlone(): string[] {
  process.stderr.write('Starting the server, as `postern serve` does. `postern --help` lists the commands.\n')
  return ['serve']
}

function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof OperatorError) return say(error.message, error.exitCode)
  if (error instanceof Error && error.name === 'AbortError') return INTERRUPTED
  if (error instanceof PosternError) return say(`${error.message} (${error.detail})`, 1)
  return say(`This is a bug in Postern: ${error instanceof Error ? error.stack : String(error)}`, 1)
}

function say(line: string, exitCode: number): number {
  process.stderr.write(`${line}\n`)
  return exitCode
}

function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

/** @throws OperatorError with every mistake, one a line */
function configuration(): LoadedConfig {
  const loaded = loadConfig(process.env, (path) => readFileSync(path, 'utf8'))
  if ('config' in loaded) return loaded
  throw new OperatorError(loaded.map(({ sentence }) => sentence).join('\n'), 2)
}

/** What a command needs is loaded when it runs: a process that only watches over workers stays small. */
function program(outcome: { exitCode: number }): Command {
  const show = (result: CommandResult, { json }: Options): void => {
    process.stdout.write(json === true ? `${JSON.stringify(result.data, null, 2)}\n` : `${result.text}\n`)
    outcome.exitCode = result.exitCode
  }
  const finish = (reply: Reply, options: Options): void => {
    if ('refusal' in reply) throw new OperatorError(reply.refusal, reply.exitCode)
    show(reply.result, options)
  }
  const order = async (command: string, given: Options, options: Options): Promise<void> => {
    const { runAnywhere } = await import('./run-command.ts')
    finish(await runAnywhere(configuration(), { command, given }), options)
  }

  const inTurn: RunInTurn = async (work) => {
    const { runInTurn } = await import('./run-command.ts')
    return runInTurn(configuration(), (run) => work((command, given) => run({ command, given })))
  }

  const postern = new Command('postern').description('An authentication gateway that stands beside a reverse proxy.')
  // What stands after a command is its own, such as the `--version` of one of the policy.
  postern
    .version(version())
    .enablePositionalOptions()
    .exitOverride()
    .showHelpAfterError('Run it with --help to see how it is used.')
  // Words too many are not told back: one of them may be a password.
  postern.configureOutput({ outputError: (text, write) => write(text.replace(/( but got \d+): .*/s, '$1.\n')) })
  serverCommands(postern, outcome, show)
  const user = postern.command('user').description('people who may sign in')
  userCommands(user, order)
  recoveryCommands(user, order)
  userFileCommands(user, { order, show, inTurn })
  tokenCommands(postern.command('token').description('keys of programs, each for one owner'), order)
  grantCommands(postern.command('grant').description('roles for a while'), order)
  accessCommands(postern, order)
  systemCommands(postern, { show, config: () => configuration().config })
  keysCommands(postern.command('keys').description('what secrets and tokens are made with'), order)
  noticeCommands(postern.command('notice').description('what people are told of apps'), order)
  attemptCommands(postern.command('attempts').description('failures to sign in, and the stops they bring'), order)
  const host = (): string => configuration().config.publicUrl.hostname
  const audit = postern.command('audit').description('what was written down')
  auditCommands(audit, { order, show, inTurn, host })
  decisionCommands(audit, { show, inTurn })
  sessionCommands(postern.command('session').description('sign-ins that are open'), order)
  policyCommands(postern.command('policy').description('who may open what'), { order, show })
  withJson(
    postern.command('snippet <proxy>').description('the finished configuration of a proxy for apps of the policy'),
  )
    .requiredOption('--app <name...>', 'app of the policy in force')
    .option('--upstream <url...>', 'where the proxy finds each app, in their order')
    .action((proxy: string, options: Options) => order('snippet', { ...options, proxy }, options))
  backupCommands(postern, { configuration, version: version(), show })
  configCommands(postern.command('config').description('settings'), show)
  languageCommands(postern.command('language').description('languages of pages and mails'), show)
  doctorCommand(postern.command('doctor'), (result, options) => show(result, { ...options }))
  return postern
}

function serverCommands(postern: Command, outcome: { exitCode: number }, show: Show): void {
  postern
    .command('serve')
    .description('run the server')
    .action(async () => {
      const loaded = configuration()
      const log = createLog(loaded.config.logLevel)
      outcome.exitCode = await serveOnWorkers(loaded, log, (line) => process.stderr.write(`${line}\n`))
    })
  withJson(postern.command('migrate').description('bring the database up to this version')).action(
    async (options: Options) => {
      const { runMigrations } = await import('./run-command.ts')
      show(await runMigrations(configuration(), (line) => process.stderr.write(`${line}\n`)), options)
    },
  )
}

function userCommands(user: Command, order: Order): void {
  factorCommands(user.command('factors').description('second factors of one person'), order)
  withJson(user.command('create <login>').description('add somebody'))
    .requiredOption('--email <address>', 'e-mail address')
    .option('--name <name>', 'name for people to read; by default the login')
    .option('--role <role...>', 'roles of the policy')
    .option('--password-stdin', 'read the password from standard input instead of asking')
    .option('--break-glass', 'an administrator for emergencies, by a password that is told once; each use alarms')
    .action(async (login: string, { breakGlass, ...options }: Options) =>
      breakGlass === true
        ? order('user create break-glass', { ...options, login }, options)
        : order('user create', { ...options, login, ...(await password(options, true)) }, options),
    )
  withJson(user.command('list').description('everybody, or whom you look for'))
    .option('--search <text>', 'whose login, address or name begins so')
    .option('--role <role>', 'who has this role')
    .option('--state <state>', 'active, disabled or no_password')
    .action((options: Options) => order('user list', options, options))
  withJson(user.command('show <login>').description('one person')).action((login: string, options: Options) =>
    order('user show', { login }, options),
  )
  withJson(user.command('edit <login>').description('change e-mail address or name'))
    .option('--email <address>', 'new e-mail address')
    .option('--name <name>', 'new name')
    .action((login: string, options: Options) => order('user edit', { ...options, login }, options))
  withJson(user.command('disable <login>').description('keep somebody out and end their sessions'))
    .option('--yes', WITHOUT_ADMINISTRATOR)
    .action((login: string, options: Options) => order('user disable', { ...options, login }, options))
  withJson(user.command('enable <login>').description('let somebody in again')).action(
    (login: string, options: Options) => order('user enable', { login }, options),
  )
  withJson(user.command('delete <login>').description('remove somebody for good'))
    .option('--yes', WITHOUT_ADMINISTRATOR)
    .action((login: string, options: Options) => order('user delete', { ...options, login }, options))
  withJson(user.command('password <login>').description('set a password and end all sessions'))
    .option('--password-stdin', 'read the password from standard input instead of asking')
    .option('--must-change', 'have it changed at the next sign-in')
    .action(async (login: string, options: Options) =>
      order(
        'user password',
        { ...options, login, ...(await password(options, options['mustChange'] === true)) },
        options,
      ),
    )
  unlockCommand(user, order)
  withJson(user.command('roles <login>').description('show, give or take roles'))
    .option('--add <role...>', 'roles to give')
    .option('--remove <role...>', 'roles to take')
    .option('--yes', WITHOUT_ADMINISTRATOR)
    .action((login: string, options: Options) => order('user roles', { ...options, login }, options))
}

function sessionCommands(session: Command, order: Order): void {
  withJson(session.command('list').description('open sessions, last used first'))
    .option('--user <login>', 'of one person')
    .option('--network <network>', 'that began at this address or network, such as 192.0.2.0/24')
    .action((options: Options) => order('session list', options, options))
  withJson(session.command('revoke [id]').description('end one session, or all of one person'))
    .option('--user <login>', 'all of this person')
    .action((id: string | undefined, options: Options) =>
      order('session revoke', { ...options, ...(id !== undefined && { id }) }, options),
    )
}

function configCommands(config: Command, show: Show): void {
  withJson(config.command('check').description('say everything that is wrong with the settings')).action(
    async (options: Options) => {
      const { config: values } = configuration()
      const { openLook } = await import('../web/open-look.ts')
      openLook(values)
      const { checkTlsFiles } = await import('../web/tls-files.ts')
      checkTlsFiles(values, Date.now())
      show({ exitCode: 0, text: 'The settings are fine.', data: { ok: true, settings: values } }, options)
    },
  )
  withJson(config.command('reference').description('every setting, as Markdown')).action((options: Options) =>
    show(configReference(), options),
  )
}

function languageCommands(language: Command, show: Show): void {
  language
    .command('template')
    .description('the English texts as JSON, to be translated into a file of POSTERN_LANGUAGES_DIR')
    .action(async () => {
      const { translationTemplate } = await import('../words/languages.ts')
      show({ exitCode: 0, text: translationTemplate(), data: null }, {})
    })
}

async function password({ passwordStdin }: Options, optional: boolean): Promise<{ password?: string }> {
  const answer = await askPassword({ fromStdin: passwordStdin === true, optional })
  return answer === undefined ? {} : { password: answer }
}
