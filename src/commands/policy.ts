import { userInfo } from 'node:os'
import { OperatorError } from '../errors.ts'
import { applyPolicy } from '../policies/apply.ts'
import { FIND_LATEST_POLICY } from '../policies/policies-table.ts'
import { describeMistakes, readPolicyFile } from '../policies/policy-file.ts'
import { done, optionalText, textOf } from './command.ts'
import type { Arguments, Command, CommandResult } from './command.ts'

/** Says whether a file could be applied. Needs no database. */
export function checkPolicy(given: Arguments): CommandResult {
  const file = textOf(given, 'file')
  const policy = readPolicyFile(textOf(given, 'source'))
  if (Array.isArray(policy)) {
    return { exitCode: 1, text: describeMistakes(file, policy), data: { valid: false, mistakes: policy } }
  }
  const rules = policy.apps.reduce((count, app) => count + app.rules.length, 0)
  const counts = { apps: policy.apps.length, rules, roles: policy.roles.size }
  return done(`${file} is fine: ${counts.apps} apps, ${counts.rules} rules, ${counts.roles} roles.`, {
    valid: true,
    ...counts,
  })
}

export const applyPolicyFile: Command = async ({ config, database, policies }, given) => {
  if (config.policyFile !== null) {
    throw new OperatorError(
      `The policy is kept in ${config.policyFile} (POSTERN_POLICY_FILE). Change that file; it is applied by itself.`,
    )
  }
  const file = textOf(given, 'file')
  const by = optionalText(given, 'by') ?? operatorName()
  const reason = optionalText(given, 'reason') ?? file
  const applied = await applyPolicy(database, { source: textOf(given, 'source'), by, reason, onlyForward: false })
  if (applied.kind === 'invalid') {
    const text = `${describeMistakes(file, applied.mistakes)}\nNothing was changed.`
    return { exitCode: 1, text, data: { applied: false, mistakes: applied.mistakes } }
  }
  await policies.refresh()
  const { kind, version } = applied
  const text =
    kind === 'unchanged' ? `That is version ${version}, which is in force already.` : `Applied as version ${version}.`
  return done(text, { applied: kind === 'applied', version })
}

export const exportPolicy: Command = async ({ database }) => {
  const [latest] = await database.query(FIND_LATEST_POLICY)
  if (latest === undefined)
    throw new OperatorError('There is no policy yet. Apply one: postern policy apply policy.yaml')
  const { version, source, applied_by: appliedBy, applied_at: appliedAt, reason } = latest
  return done(source.trimEnd(), { version, source, applied_by: appliedBy, applied_at: appliedAt, reason })
}

/** A container may run as a user id that has no name. */
function operatorName(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.()}`
  }
}
