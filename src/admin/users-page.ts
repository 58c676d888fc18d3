import type { UserState } from '../users/search.ts'
import { userState, USER_STATES } from '../users/search.ts'
import type { UserRow } from '../users/users-table.ts'
import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import type { Words } from '../words/words.ts'
import { consolePage } from './console-page.ts'
import type { ConsolePage } from './console-page.ts'
import { badge, dataTable, emptyState, hrefOf, pager } from './parts.ts'
import { selectControl, textControl } from './user-fields.ts'

/** What the list is narrowed down by; empty where it isn't. */
export interface UsersQuery extends Record<string, string> {
  readonly search: string
  readonly role: string
  readonly state: string
}

export interface UsersPage extends Pick<ConsolePage, 'frame' | 'console'> {
  readonly users: readonly UserRow[]
  /** How many there are on all pages. */
  readonly total: number
  readonly query: UsersQuery
  /** Names of the roles that there are. */
  readonly roles: readonly string[]
  readonly after: string | null
  readonly isFirst: boolean
}

const LOOKS = { active: 'ok', disabled: 'bad', no_password: 'warn' } as const satisfies Record<UserState, string>

/** People by login, with the means to find one. */
export function usersPage(model: UsersPage): string {
  const { frame, console, users, total, query, after, isFirst } = model
  const { words } = frame
  const path = `${console.base}/users`
  const body = html`${console.may('postern.users:write') && actions(words, console.base)} ${filter(model, path)}
    <p class="quiet">${words.say('users.found', { count: total })}</p>
    ${dataTable({
      caption: words.say('console.users'),
      columns: [
        words.say('people.login'),
        words.say('people.name'),
        words.say('people.email'),
        words.say('people.roles'),
        words.say('people.state'),
      ],
      rows: users.map((user) => [
        html`<a href="${`${path}/${user.login}`}">${user.login}</a>`,
        user.name,
        user.email,
        user.held_roles.join(', '),
        userBadge(words, user),
      ]),
      empty: emptyState({
        title: words.say('users.none'),
        text: words.say('users.none_text'),
        action: { href: path, text: words.say('people.all') },
      }),
    })}
    ${pager(words, { path, query, after, isFirst })}`
  return consolePage({ frame, console, title: words.say('console.users'), body })
}

/** Whether somebody can sign in, in a word. */
export function userBadge(words: Words, user: UserRow): Html {
  const state = userState(user)
  return badge(LOOKS[state], words.say(`people.state_${state}`))
}

/** A choice of none or one role. */
export function roleOptions(
  none: string,
  roles: readonly string[],
): readonly { readonly value: string; readonly text: string }[] {
  return [{ value: '', text: none }, ...roles.map((role) => ({ value: role, text: role }))]
}

function actions(words: Words, base: string): Html {
  return html`<div class="bar">
    <a class="button" href="${`${base}/new-user`}">${words.say('users.new')}</a>
    <a class="button second" href="${`${base}/invitations`}">${words.say('users.invite')}</a>
  </div>`
}

function filter({ frame: { words }, query, roles }: UsersPage, path: string): Html {
  const any = words.say('people.any')
  const states = USER_STATES.map((state) => ({ value: state, text: words.say(`people.state_${state}`) }))
  const isNarrowed = hrefOf(path, query) !== path
  return html`<form class="filter" method="get" action="${path}">
    ${textControl(words, {
      name: 'search',
      type: 'search',
      label: words.say('users.search'),
      value: query.search,
      maxLength: 254,
    })}
    ${selectControl(words, {
      name: 'role',
      label: words.say('people.role'),
      options: roleOptions(any, roles),
      value: query.role,
    })}
    ${selectControl(words, {
      name: 'state',
      label: words.say('people.state'),
      options: [{ value: '', text: any }, ...states],
      value: query.state,
    })}
    <button class="button" type="submit">${words.say('people.find')}</button>
    ${isNarrowed && html`<a class="button second" href="${path}">${words.say('people.all')}</a>`}
  </form>`
}
