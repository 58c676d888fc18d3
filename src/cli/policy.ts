import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { importPolicy } from '../commands/import-policy.ts'
import { checkPolicy, policySchema, testPolicy } from '../commands/policy.ts'
import { OperatorError } from '../errors.ts'
import { withJson } from './command.ts'
import type { Options, Order, Show } from './command.ts'

/** The commands about who may open what. */
export function policyCommands(policy: Command, { order, show }: { order: Order; show: Show }): void {
  withJson(
    policy.command('check <file>').description('say what is wrong with a policy file, or that it is fine'),
  ).action(async (file: string, options: Options) => show(await checkPolicy(readPolicy(file)), options))
  withJson(policy.command('test <file>').description('run the tests of a policy file')).action(
    async (file: string, options: Options) => show(await testPolicy(readPolicy(file)), options),
  )
  withJson(policy.command('schema').description('JSON Schema of the policy file, for editors')).action(
    (options: Options) => show(policySchema(), options),
  )
  withJson(policy.command('apply <file>').description('check a policy file and put it in force'))
    .option('--reason <text>', 'why, for whoever reads the versions later')
    .option('--expect <version>', 'only if this version is in force; 0 for none yet')
    .action((file: string, options: Options) => order('policy apply', { ...options, ...readPolicy(file) }, options))
  withJson(policy.command('versions').description('every version: when, who and why')).action((options: Options) =>
    order('policy versions', {}, options),
  )
  withJson(policy.command('export').description('the policy in force, as a file'))
    .option('--version <number>', 'another version')
    .action((options: Options) => order('policy export', options, options))
  withJson(policy.command('diff [from] [to]').description('what changed between versions, or a version and a file'))
    .option('--replay <draft>', 'what a file or version would have made of the last decisions')
    .option('--last <number>', 'how many decisions to replay')
    .action((from: string | undefined, to: string | undefined, options: Options) => diff({ from, to, options }, order))
  withJson(policy.command('rollback <version>').description('put an earlier version in force again'))
    .option('--reason <text>', 'why, for whoever reads the versions later')
    .action((version: string, options: Options) => order('policy rollback', { ...options, version }, options))
  withJson(policy.command('explain [request...]').description('what is decided for METHOD URL, and by which rule'))
    .option('--user <login>', 'as this person; as nobody unless given')
    .option('--as-roles <roles>', 'as somebody with these roles, separated by commas')
    .option('--factors <number>', '1 or 2, how many factors were given')
    .option('--from <address>', 'address of the client')
    .option('--decision <id>', 'why this was decided: the number that a visitor was shown')
    .action((request: string[], options: Options) => order('policy explain', { ...options, request }, options))
  importCommands(policy, show)
}

/** What could not be carried over is told apart from the policy itself, which may go into a file. */
function importCommands(policy: Command, show: Show): void {
  const imports = policy.command('import').description('make a policy of what another gateway has')
  withJson(imports.command('authelia <file>').description("the access control of Authelia's configuration")).action(
    (file: string, options: Options) => {
      const result = importPolicy(readPolicy(file))
      process.stderr.write(`${result.listing}\n`)
      show(result, options)
    },
  )
}

interface Sides {
  readonly from: string | undefined
  readonly to: string | undefined
  readonly options: Options
}

async function diff({ from, to, options }: Sides, order: Order): Promise<void> {
  const { replay } = options
  if (typeof replay === 'string') return order('policy replay', { ...options, draft: sideOf(replay) }, options)
  const sides = { ...(from !== undefined && { from: sideOf(from) }), ...(to !== undefined && { to: sideOf(to) }) }
  return order('policy diff', sides, options)
}

/** A number is a version, anything else a file, which only this process can find. */
function sideOf(word: string): string | { readonly file: string; readonly source: string } {
  return /^\d+$/.test(word) ? word : readPolicy(word)
}

function readPolicy(file: string): { readonly file: string; readonly source: string } {
  try {
    return { file, source: readFileSync(file, 'utf8') }
  } catch (error) {
    throw new OperatorError(`${file} can't be read. Check the path.`, 1, { cause: error })
  }
}
