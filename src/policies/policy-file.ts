import { checkDraft } from './policy-checks.ts'
import { readDraft, toPolicy } from './policy-draft.ts'
import type { Policy } from './policy.ts'
import { inOrder, MAX_DOCUMENT_BYTES, MAX_MISTAKES, readYaml } from './yaml-document.ts'
import type { DocumentMistake, DocumentPath, YamlDocument } from './yaml-document.ts'

/** One thing to mend in a policy file. */
export type PolicyMistake = DocumentMistake

/** A larger file is refused unread. */
export const MAX_POLICY_BYTES = MAX_DOCUMENT_BYTES

/** Reads a policy file (DESIGN 4.5): the policy, or all that is wrong with the file, in the order of its lines. */
export function readPolicyFile(text: string): Policy | PolicyMistake[] {
  const document = readYaml(text)
  return Array.isArray(document) ? document : readDocument(document)
}

/** A line for each mistake, in the form in which editors open the place: `policy.yaml:12:7: …`. */
export function describeMistakes(file: string, mistakes: readonly PolicyMistake[]): string {
  return mistakes
    .map(({ line, column, path, message }) => `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}`)
    .join('\n')
}

function readDocument({ value, badKeys, mistakeAt }: YamlDocument): Policy | PolicyMistake[] {
  const mistakes = [...badKeys]
  const report = (path: DocumentPath, sentence: () => string): void => {
    if (mistakes.length < MAX_MISTAKES) mistakes.push(mistakeAt(path, sentence()))
  }
  const draft = readDraft(value, (path) => mistakeAt(path, '').line, report)
  checkDraft(draft, report)
  return mistakes.length > 0 ? inOrder(mistakes) : toPolicy(draft)
}
