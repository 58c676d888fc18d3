import type { FastifyInstance } from 'fastify'
import { writeSnippet } from '../administration/snippet.ts'
import type { SnippetParts } from '../administration/snippet.ts'
import { OperatorError } from '../errors.ts'
import { SNIPPETS } from '../snippets/snippets.ts'
import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import { sendHtml } from '../web/pages.ts'
import { portalHeaders } from '../web/security-headers.ts'
import type { Words } from '../words/words.ts'
import { choiceField, textField } from './choice-field.ts'
import { openConsole } from './console.ts'
import type { ConsoleParts } from './console.ts'
import { consolePage } from './console-page.ts'
import { emptyState } from './parts.ts'

export type SnippetsParts = ConsoleParts & SnippetParts

interface Chosen {
  readonly proxy: string
  readonly app: string
  readonly upstream: string
}

type Written = { readonly text: string } | { readonly problem: string } | null

const PROXIES = Object.keys(SNIPPETS)
const MAX_UPSTREAM = 300

/** `/admin/snippets`: what `postern snippet` prints, for one app. */
export function snippetsRoutes(app: FastifyInstance, parts: SnippetsParts): void {
  const access = 'postern.policy:read'
  app.get<{ Querystring: Record<string, string> }>(
    '/admin/snippets',
    { config: { access } },
    async (request, reply) => {
      const { console, frame } = await openConsole(parts, request)
      const apps = [...parts.policies.current().apps.keys()].toSorted()
      const { proxy, app: name, upstream = '' } = request.query
      const chosen = { proxy: proxy ?? PROXIES[0] ?? '', app: name ?? apps[0] ?? '', upstream }
      const written = proxy === undefined || apps.length === 0 ? null : write(parts, chosen)
      const problem = written !== null && 'problem' in written ? written.problem : null
      const body = content(frame.words, `${parts.entrances.portal.paths.base}/admin/snippets`, {
        apps,
        chosen,
        written,
      })
      reply.headers(portalHeaders({ secure: parts.cookies.secure, scripted: true }))
      const title = frame.words.say('console.snippets')
      const isWritten = written !== null && problem === null
      return sendHtml(
        reply,
        problem === null ? 200 : 400,
        consolePage({ frame, console, title, body, problem, ...(isWritten && { script: 'copy' as const }) }),
      )
    },
  )
}

function write(parts: SnippetParts, { proxy, app, upstream }: Chosen): Exclude<Written, null> {
  try {
    return { text: writeSnippet(parts, { proxy, apps: [app], upstreams: upstream === '' ? [] : [upstream] }) }
  } catch (error) {
    if (error instanceof OperatorError) return { problem: error.message }
    throw error
  }
}

function content(
  words: Words,
  action: string,
  { apps, chosen, written }: { readonly apps: readonly string[]; readonly chosen: Chosen; readonly written: Written },
): Html {
  if (apps.length === 0) return emptyState({ title: words.say('snippets.none'), text: words.say('snippets.none_text') })
  const { proxy, app, upstream } = chosen
  const hint = words.say('snippets.upstream_hint')
  const label = words.say('snippets.upstream')
  return html`<p>${words.parts('snippets.intro', { command: html`<code>postern snippet</code>` })}</p>
    <form method="get" action="${action}">
      ${choiceField({ name: 'proxy', label: words.say('snippets.proxy'), options: PROXIES, chosen: proxy })}
      ${choiceField({ name: 'app', label: words.say('snippets.app'), options: apps, chosen: app })}
      ${textField({ name: 'upstream', label, hint, value: upstream.slice(0, MAX_UPSTREAM), maxlength: MAX_UPSTREAM })}
      <button class="button" type="submit">${words.say('snippets.show')}</button>
    </form>
    ${written !== null && 'text' in written && result(words, chosen, written.text)}`
}

function result(words: Words, { proxy, app }: Chosen, text: string): Html {
  const title = words.say('snippets.result', { proxy, app })
  return html`<section aria-labelledby="snippet-title">
    <h2 id="snippet-title">${title}</h2>
    <p><button class="button second" type="button" data-copy="snippet" hidden>${words.say('snippets.copy')}</button></p>
    <pre tabindex="0" role="region" aria-label="${title}"><code id="snippet">${text}</code></pre>
  </section>`
}
