import { z } from 'zod'
import { writeSnippet } from '../administration/snippet.ts'
import type { SnippetParts, SnippetWish } from '../administration/snippet.ts'
import { OperatorError } from '../errors.ts'
import { SNIPPETS } from '../snippets/snippets.ts'
import { UserFieldsError } from '../users/users.ts'
import { operation } from './operation.ts'
import type { Operation } from './operation.ts'
import { APP, TEXT } from './shapes.ts'

/** The finished configuration of a proxy for one app. */
export function snippetOperation(parts: SnippetParts): Operation {
  return operation({
    name: 'getSnippet',
    method: 'GET',
    path: '/policy/snippets/{proxy}',
    tag: 'policy',
    summary: 'Writes the configuration of a proxy for an app of the policy in force',
    access: 'postern.policy:read',
    params: { proxy: TEXT.max(64).describe('Such as nginx or caddy; a wrong one is told which there are.') },
    query: {
      app: APP,
      upstream: z
        .string()
        .max(1_024)
        .optional()
        .describe('Where the proxy finds the app, such as http://127.0.0.1:8080.'),
    },
    data: z.strictObject({ proxy: TEXT, app: TEXT, snippet: TEXT }),
    run: ({ params: { proxy }, query: { app, upstream } }) => {
      const upstreams = upstream === undefined ? [] : [upstream]
      return Promise.resolve({ data: { proxy, app, snippet: snippetOf(parts, { proxy, apps: [app], upstreams }) } })
    },
  })
}

/** @throws UserFieldsError that says which part of the wish can't be met */
function snippetOf(parts: SnippetParts, wish: SnippetWish): string {
  try {
    return writeSnippet(parts, wish)
  } catch (error) {
    if (error instanceof OperatorError) throw new UserFieldsError({ [faultyIn(parts, wish)]: error.message })
    throw error
  }
}

function faultyIn({ policies }: SnippetParts, { proxy, apps }: SnippetWish): string {
  if (!Object.hasOwn(SNIPPETS, proxy)) return 'proxy'
  return apps.every((name) => policies.current().apps.has(name)) ? 'upstream' : 'app'
}
