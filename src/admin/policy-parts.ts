import type { AdministrationParts } from '../administration/parts.ts'
import type { PolicyApp } from '../policies/policy.ts'
import { outcomeWordName, reasonWordName } from './reason-names.ts'
import type { Program } from '../observe/program.ts'
import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import type { Words } from '../words/words.ts'
import type { ConsoleParts } from './console.ts'
import { badge } from './parts.ts'

/** What the console's pages of the policy and of the record are built from. */
export type PolicyParts = ConsoleParts & AdministrationParts & { readonly program: Program }

/** The purpose of every form here, as in `csrfField`. */
export const PURPOSE = 'console-policy'
/** Rows of one page of a list. */
export const PAGE_SIZE = 50

/** How a decision came out, in a word that its colour repeats. */
export function outcomeBadge(words: Words, kind: string): Html {
  const look = kind === 'allow' ? 'ok' : kind === 'sign_in' ? 'warn' : 'bad'
  const name = outcomeWordName(kind)
  return badge(look, name === null ? kind : words.say(name))
}

/** Kind and reason as `outcomeOf` has them, `forbid missing_role`, in words. */
export function outcomeText(words: Words, outcome: string): string {
  const [kind = '', reason = ''] = outcome.split(' ')
  const name = outcomeWordName(kind)
  const said = name === null ? kind : words.say(name)
  return reason === '' ? said : `${said}: ${reasonText(words, reason)}`
}

/** The word itself where this version doesn't know it. */
export function reasonText(words: Words, reason: string): string {
  const name = reasonWordName(reason)
  return name === null ? reason : words.say(name)
}

/** What somebody wrote or a level below says in English, such as a rule or a mistake. */
export function asWritten(text: string): Html {
  return html`<code lang="en">${text}</code>`
}

/** Address of a page of the console about an app. */
export function appHref(base: string, { name }: Pick<PolicyApp, 'name'>): string {
  return `${base}/policy/apps/${encodeURIComponent(name)}`
}

/** Where the file is that rules, if one does; then nothing can be applied here. */
export function policyFileOf({ config }: Pick<PolicyParts, 'config'>): string | null {
  return config.policyFile
}

/** Says that a file rules; nothing where none does. */
export function fileNote(words: Words, file: string | null): Html | null {
  if (file === null) return null
  return html`<p class="notice">${words.parts('policy.from_file', { file: html`<code>${file}</code>` })}</p>`
}
