import { writeSnippet } from '../administration/snippet.ts'
import type { SnippetParts } from '../administration/snippet.ts'
import type { Policies } from '../policies/policies.ts'
import { done, listOf, textOf } from './command.ts'
import type { Arguments, CommandResult } from './command.ts'

/** What the snippets of a site are made from. */
export interface SnippetContext extends SnippetParts {
  readonly policies: Pick<Policies, 'current' | 'refresh'>
}

/**
 * Prints the configuration of one proxy for apps of the policy in force: `proxy`, a list `app`, and a list `upstream`
 * with a URL for each, in their order, where it isn't the usual one.
 */
export async function printSnippet(context: SnippetContext, given: Arguments): Promise<CommandResult> {
  await context.policies.refresh()
  const proxy = textOf(given, 'proxy')
  const apps = listOf(given, 'app')
  const text = writeSnippet(context, { proxy, apps, upstreams: listOf(given, 'upstream') })
  return done(text, { proxy, apps, snippet: text })
}
