import type { GrantRow } from '../users/grants-table.ts'
import { html } from '../web/html.ts'
import type { Html, Value } from '../web/html.ts'
import type { Words } from '../words/words.ts'
import { consolePage } from './console-page.ts'
import type { ConsolePage } from './console-page.ts'
import { badge, dataTable, emptyState, hrefOf, moment, pager } from './parts.ts'
import { buttonForm, selectControl, textControl } from './user-fields.ts'
import type { Refusal } from './user-parts.ts'
import { roleOptions } from './users-page.ts'

export interface GrantsPage extends Pick<ConsolePage, 'frame' | 'console'> {
  readonly grants: readonly GrantRow[]
  /** Logins of those whose grants the visitor may take back. */
  readonly withinReach: ReadonlySet<string>
  readonly query: { readonly login: string; readonly role: string; readonly holds: string }
  readonly after: string | null
  readonly isFirst: boolean
  /** Names of all roles, and of those that the visitor may give. */
  readonly roles: readonly string[]
  readonly givable: readonly string[]
  readonly csrf: Html
  /** Of the form of a new one, as they were typed. */
  readonly values: Readonly<Record<'login' | 'role' | 'hours' | 'reason', string>>
  readonly refusal: Refusal
}

/** For how long a role can be granted here, in hours; anything else up to 30 days by API and command. */
export const GRANT_HOURS = [1, 4, 8, 24, 72, 168, 720] as const

const HOUR_MS = 3_600_000

/** Roles for a while, the latest first, with the form of a new one. */
export function grantsPage(model: GrantsPage): string {
  const { frame, console, grants, query, after, isFirst, refusal } = model
  const { words } = frame
  const path = `${console.base}/grants`
  const mayWrite = console.may('postern.users:write')
  const body = html`<p class="quiet">${words.say('grants.hint')}</p>
    ${filter(model, path)}
    ${dataTable({
      caption: words.say('console.grants'),
      columns: [
        words.say('people.login'),
        words.say('people.role'),
        words.say('grants.holds'),
        words.say('people.until'),
        words.say('people.reason'),
        words.say('grants.by'),
        words.say('people.change'),
      ],
      rows: grants.map((grant) => cellsOf(model, grant)),
      empty: emptyState({ title: words.say('grants.none'), text: words.say('grants.none_text') }),
    })}
    ${pager(words, { path, query, after, isFirst })} ${mayWrite && grantForm(model, path)}`
  const title = words.say('console.grants')
  return consolePage({ frame, console, title, body, problem: refusal.problem && words.say(`error.${refusal.problem}`) })
}

function cellsOf({ frame: { words }, console, withinReach, csrf }: GrantsPage, grant: GrantRow): readonly Value[] {
  const { id, login, role, reason, holds } = grant
  const mayRevoke = holds && console.may('postern.users:write') && withinReach.has(login)
  return [
    html`<a href="${`${console.base}/users/${login}`}">${login}</a>`,
    role,
    standing(words, grant),
    moment(words, grant.ends_at),
    reason,
    grant.granted_by,
    mayRevoke &&
      buttonForm({
        action: `${console.base}/grants/revoke`,
        csrf,
        hidden: { id },
        text: words.say('grants.revoke'),
        label: words.say('grants.revoke_one', { role, login }),
      }),
  ]
}

function standing(words: Words, { holds, revoked_by: revokedBy }: GrantRow): Html {
  if (holds) return badge('ok', words.say('grants.holds_now'))
  return badge('plain', revokedBy === null ? words.say('grants.over') : words.say('grants.revoked', { who: revokedBy }))
}

function filter({ frame: { words }, query, roles }: GrantsPage, path: string): Html {
  const any = words.say('people.any')
  const isNarrowed = hrefOf(path, query) !== path
  return html`<form class="filter" method="get" action="${path}">
    ${textControl(words, {
      name: 'login',
      id: 'filter-login',
      label: words.say('people.login'),
      value: query.login,
      maxLength: 64,
    })}
    ${selectControl(words, {
      name: 'role',
      id: 'filter-role',
      label: words.say('people.role'),
      options: roleOptions(any, roles),
      value: query.role,
    })}
    ${selectControl(words, {
      name: 'holds',
      label: words.say('grants.holds'),
      options: [
        { value: '', text: any },
        { value: 'true', text: words.say('grants.holds_now') },
        { value: 'false', text: words.say('grants.over') },
      ],
      value: query.holds,
    })}
    <button class="button" type="submit">${words.say('people.find')}</button>
    ${isNarrowed && html`<a class="button second" href="${path}">${words.say('people.all')}</a>`}
  </form>`
}

function grantForm({ frame: { words }, csrf, givable, values, refusal }: GrantsPage, path: string): Html {
  const { faults } = refusal
  const hours = GRANT_HOURS.map((count) => ({ value: String(count), text: words.life(count * HOUR_MS) }))
  return html`<section aria-labelledby="new-grant">
    <h2 id="new-grant">${words.say('grants.new')}</h2>
    <form method="post" action="${path}">
      ${csrf}
      ${textControl(words, {
        name: 'login',
        label: words.say('people.login'),
        value: values.login,
        fault: faults['login'],
        required: true,
        maxLength: 64,
      })}
      ${selectControl(words, {
        name: 'role',
        label: words.say('people.role'),
        options: roleOptions(words.say('people.choose'), givable),
        value: values.role,
        fault: faults['role'],
      })}
      ${selectControl(words, {
        name: 'hours',
        label: words.say('grants.for'),
        options: hours,
        value: values.hours,
        fault: faults['until'],
      })}
      ${textControl(words, {
        name: 'reason',
        label: words.say('people.reason'),
        hint: words.say('grants.reason_hint'),
        value: values.reason,
        fault: faults['reason'],
        required: true,
        maxLength: 500,
      })}
      <button class="button" type="submit">${words.say('grants.submit')}</button>
    </form>
  </section>`
}
