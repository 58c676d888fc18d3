import type { CompiledApp } from '../policies/compile.ts'
import type { MatrixCell, MatrixRow } from '../policies/matrix.ts'
import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import type { Words } from '../words/words.ts'
import { consolePage } from './console-page.ts'
import type { ConsolePage } from './console-page.ts'
import { badge, dataTable, emptyState, hrefOf, pager } from './parts.ts'
import { selectControl, textControl } from './user-fields.ts'

export interface MatrixQuery {
  readonly search: string
  readonly role: string
  /** Name of the only app that is shown; empty for all. */
  readonly app: string
  readonly from: string
}

export interface MatrixPage extends Pick<ConsolePage, 'frame' | 'console' | 'problem'> {
  readonly query: MatrixQuery
  readonly roles: readonly string[]
  readonly rows: readonly MatrixRow[]
  readonly total: number
  /** Those of the columns. */
  readonly apps: readonly CompiledApp[]
  /** Where the columns stand among all apps that were asked for. */
  readonly columns: { readonly first: number; readonly total: number; readonly step: number }
  readonly after: string | null
  readonly isFirst: boolean
}

/** Who may open what: people down, apps across. */
export function matrixPage(model: MatrixPage): string {
  const { frame, console, query, rows, total, apps, columns, problem = null } = model
  const { words } = frame
  const path = `${console.base}/matrix`
  const places = columns.first === 0 ? { ...query } : { ...query, cols: String(columns.first) }
  const table = dataTable({
    caption: words.say('console.matrix'),
    columns: [words.say('matrix.person'), ...apps.map(({ name }) => name)],
    empty: emptyState({ title: words.say('matrix.none'), text: words.say('matrix.none_text') }),
    rows: rows.map(({ login, cells }) => [
      personLink(model, login),
      ...cells.map((cell, place) => cellLink(model, { login, cell, app: apps[place] })),
    ]),
  })
  const body = html`<p>${words.say('matrix.intro')}</p>
    ${filter(model, path)}
    <p>${words.say('matrix.total', { count: total })} ${columnsText(words, columns, apps.length)}</p>
    ${table} ${columnPager(model, path)}
    ${pager(words, { path, query: places, after: model.after, isFirst: model.isFirst })}`
  return consolePage({ frame, console, title: words.say('console.matrix'), problem, body })
}

function filter({ frame: { words }, console: { may }, query, roles }: MatrixPage, path: string): Html {
  const anyRole = { value: '', text: words.say('audit.any') }
  return html`<form class="filter" method="get" action="${path}">
    ${
      may('postern.users:read') &&
      textControl(words, { name: 'search', label: words.say('matrix.search'), type: 'search', value: query.search })
    }
    ${selectControl(words, {
      name: 'role',
      label: words.say('matrix.role'),
      value: query.role,
      options: [anyRole, ...roles.map((role) => ({ value: role, text: role }))],
    })}
    ${textControl(words, { name: 'app', label: words.say('matrix.app'), value: query.app })}
    ${textControl(words, { name: 'from', label: words.say('matrix.from'), value: query.from })}
    <button type="submit">${words.say('policy.find')}</button>
  </form>`
}

function columnsText(words: Words, { first, total }: MatrixPage['columns'], shown: number): string | null {
  if (shown === total) return null
  return words.say('matrix.apps_shown', { first: first + 1, last: first + shown, total })
}

function columnPager({ frame: { words }, query, columns, apps }: MatrixPage, path: string): Html | null {
  const { first, total, step } = columns
  const at = (place: number): string => hrefOf(path, { ...query, cols: place === 0 ? '' : String(place) })
  const last = first + apps.length
  if (first === 0 && last >= total) return null
  return html`<p class="bar">
    ${first > 0 && html`<a href="${at(Math.max(0, first - step))}">${words.say('matrix.earlier_apps')}</a>`}
    ${last < total && html`<a href="${at(last)}">${words.say('matrix.later_apps')}</a>`}
  </p>`
}

function personLink({ console: { may, base } }: MatrixPage, login: string): Html | string {
  if (!may('postern.users:read')) return login
  return html`<a href="${`${base}/users/${encodeURIComponent(login)}`}">${login}</a>`
}

function cellLink(
  { frame: { words }, console: { base }, query }: MatrixPage,
  { login, cell, app }: { readonly login: string; readonly cell: MatrixCell; readonly app: CompiledApp | undefined },
): Html | string {
  const shown = badge(LOOKS[cell.access], words.say(`matrix.${nameOf(cell)}`))
  if (app === undefined) return shown
  const url = `${app.origin(hostOf(app, login))}/`
  return html`<a href="${hrefOf(`${base}/policy/explain`, { url, user: login, from: query.from })}">${shown}</a>`
}

const LOOKS = { allow: 'ok', steps: 'warn', some_paths: 'plain', no: 'bad' } as const

function nameOf({ access, asksFor }: MatrixCell): 'allow' | 'some_paths' | 'no' | 'second_factor' | 'proof' {
  return access === 'steps' ? (asksFor ?? 'proof') : access
}

/** One that is a name by itself where there is any, as the matrix itself asks. */
function hostOf({ hosts }: CompiledApp, login: string): string {
  const host = hosts.find((each) => !/^[*{]/.test(each)) ?? hosts.find((each) => each.startsWith('*')) ?? hosts[0] ?? ''
  return host.replace(/^\*/, 'any-host').replace(/^\{login\}/, login)
}
