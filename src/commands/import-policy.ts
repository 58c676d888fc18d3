import { OperatorError } from '../errors.ts'
import { toJson, toYaml } from '../policies/authelia-write.ts'
import { importAuthelia } from '../policies/import-authelia.ts'
import type { ImportFinding } from '../policies/import-authelia.ts'
import { describeMistakes, readPolicyFile } from '../policies/policy-file.ts'
import { counted, textOf } from './command.ts'
import type { Arguments, CommandResult } from './command.ts'

/** What an import prints: the policy on standard output, and the list of what to know on standard error. */
export interface ImportResult extends CommandResult {
  readonly listing: string
}

/**
 * Turns Authelia's access control into a policy file. Needs no database. Ends with 1 where the policy lets fewer
 * requests pass than Authelia; it never lets more pass.
 * @throws OperatorError with every mistake of a configuration that can't be read
 */
export function importPolicy(given: Arguments): ImportResult {
  const file = textOf(given, 'file')
  const imported = importAuthelia(textOf(given, 'source'))
  if (imported.kind === 'unreadable') throw new OperatorError(describeMistakes(file, imported.mistakes))
  const { policy, findings } = imported
  const text = toYaml(policy)
  const read = readPolicyFile(text)
  if (Array.isArray(read)) throw new Error(`the imported policy is not readable: ${describeMistakes('it', read)}`)
  return {
    exitCode: findings.some(({ kind }) => kind === 'loss') ? 1 : 0,
    text: text.trimEnd(),
    data: { policy: toJson(policy), findings },
    listing: listingOf(file, findings),
  }
}

function listingOf(file: string, findings: readonly ImportFinding[]): string {
  const losses = findings.filter(({ kind }) => kind === 'loss')
  const lines = findings.map(
    ({ kind, ...finding }) => `${kind === 'loss' ? 'stricter' : 'note'}: ${describeMistakes(file, [finding])}`,
  )
  if (losses.length === 0) return [...lines, 'All rules were carried over.'].join('\n')
  const places = counted(losses.length, 'place')
  return [
    ...lines,
    `In ${places} the policy is stricter than Authelia, never milder. Read them before you apply it.`,
  ].join('\n')
}
