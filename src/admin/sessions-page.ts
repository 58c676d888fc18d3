import type { PagedSignInRow } from '../sessions/page-table.ts'
import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import { consolePage } from './console-page.ts'
import type { ConsolePage } from './console-page.ts'
import { liveRegion } from './live-region.ts'
import { dataTable, emptyState, moment, pager } from './parts.ts'
import { placeFilter } from './place-filter.ts'
import { buttonForm } from './user-fields.ts'
import type { Refusal } from './user-parts.ts'
import { device } from './user-sections.ts'

export interface SessionsPage extends Pick<ConsolePage, 'frame' | 'console'> {
  readonly sessions: readonly PagedSignInRow[]
  /** Logins of those whom the visitor may sign out. */
  readonly withinReach: ReadonlySet<string>
  readonly query: { readonly login: string; readonly network: string }
  readonly after: string | null
  readonly isFirst: boolean
  readonly csrf: Html
  readonly refusal: Refusal
}

/** Who is signed in, the latest first; drawn anew while somebody looks at the first page. */
export function sessionsPage(model: SessionsPage): string {
  const { frame, console, sessions, query, after, isFirst, refusal } = model
  const { words } = frame
  const path = `${console.base}/sessions`
  const columns = [
    words.say('people.login'),
    words.say('open_sessions.device'),
    words.say('open_sessions.network'),
    words.say('open_sessions.began'),
    words.say('open_sessions.last_seen'),
    words.say('open_sessions.expires'),
    words.say('people.change'),
  ]
  const empty = emptyState({
    title: words.say('open_sessions.no_ones'),
    text: words.say('open_sessions.no_ones_text'),
    action: { href: path, text: words.say('people.all') },
  })
  const rows = sessions.map((each) => cellsOf(model, each))
  const table = dataTable({ caption: words.say('console.sessions'), columns, rows, empty })
  const list = isFirst ? liveRegion(console, { id: 'sign-ins', types: ['session'], body: table }) : table
  const body = html`${placeFilter(words, { path, query, refusal, maxLogin: 64 })} ${endAll(model, path)} ${list}
  ${pager(words, { path, query, after, isFirst })}`
  const title = words.say('console.sessions')
  const problem = refusal.problem && words.say(`error.${refusal.problem}`)
  return consolePage({ frame, console, title, body, problem, script: 'live' })
}

function cellsOf({ frame: { words }, console, withinReach, csrf, query }: SessionsPage, each: PagedSignInRow) {
  const { id, login } = each
  const mayEnd = console.may('postern.sessions:end') && withinReach.has(login)
  return [
    console.may('postern.users:read') ? html`<a href="${`${console.base}/users/${login}`}">${login}</a>` : login,
    device(words, each.user_agent),
    each.ip_address ?? '–',
    moment(words, each.created_at),
    moment(words, each.last_seen_at),
    moment(words, each.expires_at),
    mayEnd &&
      buttonForm({
        action: `${console.base}/sessions/end`,
        csrf,
        hidden: { id, ...query },
        text: words.say('open_sessions.end'),
        label: words.say('open_sessions.end_of', { login }),
      }),
  ]
}

function endAll({ frame: { words }, console, sessions, query, withinReach, csrf }: SessionsPage, path: string) {
  const login = sessions[0]?.login
  const isOfOne = query.login !== '' && query.network === '' && login !== undefined
  if (!isOfOne || !console.may('postern.sessions:end') || !withinReach.has(login)) return null
  const text = words.say('open_sessions.end_all_of', { login })
  return buttonForm({ action: `${path}/end-all`, csrf, hidden: { login }, text, look: 'danger' })
}
