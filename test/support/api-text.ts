import { ERRORS } from '../../src/errors.ts'
import type { ErrorCode } from '../../src/errors.ts'
import type { Described } from '../../src/api/operation.ts'

/** Tables of `docs/api.md`: every operation, and every code that a reply can hold. */
export function apiText(operations: readonly Described[]): string {
  return `${operationTables(operations)}\n\n## Codes\n\n${codeTable()}\n`
}

function operationTables(operations: readonly Described[]): string {
  const byTag = Map.groupBy(operations, ({ tag }) => tag)
  return [...byTag]
    .map(([tag, own]) => `### ${tag}\n\n| | what | takes |\n|---|---|---|\n${own.map(operationLine).join('\n')}`)
    .join('\n\n')
}

function operationLine({ method, path, summary, access, needsProof, refusesTokens }: Described): string {
  const needs = [
    access === 'anyone' ? 'nothing' : access === 'signed_in' ? 'a sign-in' : `\`${access}\``,
    ...(needsProof ? ['a fresh proof'] : []),
    ...(refusesTokens && access !== 'anyone' ? ['no token'] : []),
  ]
  return `| \`${method} ${path}\` | ${summary} | ${needs.join(', ')} |`
}

function codeTable(): string {
  const lines = (Object.keys(ERRORS) as ErrorCode[]).map(
    (code) => `| \`${code}\` | ${ERRORS[code].status} | ${ERRORS[code].message} |`,
  )
  return `| code | status | what it says |\n|---|---|---|\n${lines.join('\n')}`
}
