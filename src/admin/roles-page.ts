import type { RoleOverview } from '../administration/roles.ts'
import { isOwnPermission } from '../lib/permissions.ts'
import { ADMIN_ROLE } from '../policies/policy.ts'
import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import type { Words } from '../words/words.ts'
import { consolePage } from './console-page.ts'
import type { ConsolePage } from './console-page.ts'
import { dataTable, emptyState, hrefOf } from './parts.ts'

export interface RolesPage extends Pick<ConsolePage, 'frame' | 'console'> {
  readonly roles: readonly RoleOverview[]
}

/** Roles of the policy in force: what each may, and how many have it. */
export function rolesPage({ frame, console, roles }: RolesPage): string {
  const { words } = frame
  const { base, may } = console
  const count = (value: number, path: string, query: Record<string, string>): Html =>
    html`<a href="${hrefOf(`${base}/${path}`, query)}">${words.number(value)}</a>`
  const body = html`<p class="quiet">${words.say('roles.hint')}</p>
    ${may('postern.policy:read') && html`<p><a href="${`${base}/policy`}">${words.say('roles.policy')}</a></p>`}
    ${dataTable({
      caption: words.say('console.roles'),
      columns: [
        words.say('people.role'),
        words.say('roles.permissions'),
        { text: words.say('roles.holders'), isNumber: true },
        { text: words.say('roles.granted'), isNumber: true },
        words.say('roles.may_give'),
      ],
      rows: roles.map(({ name, permissions, holders, granted, mayGive }) => [
        name,
        permissionsOf(words, name, permissions),
        count(holders, 'users', { role: name }),
        count(granted, 'grants', { role: name, holds: 'true' }),
        words.say(mayGive ? 'roles.yes' : 'roles.no'),
      ]),
      empty: emptyState({ title: words.say('roles.none'), text: words.say('roles.none_text') }),
    })}`
  return consolePage({ frame, console, title: words.say('console.roles'), body })
}

/** Those of Postern itself in words; those of apps as apps are told them. */
function permissionsOf(words: Words, role: string, permissions: readonly string[]): Html {
  if (role === ADMIN_ROLE) return html`${words.say('roles.everything')}`
  if (permissions.length === 0) return html`${words.say('people.none')}`
  const items = permissions.map((name) =>
    isOwnPermission(name)
      ? html`<li>${words.say('roles.own', { what: words.say(`permission.${name}`) })}</li>`
      : html`<li><code>${name}</code></li>`,
  )
  return html`<ul>
    ${items}
  </ul>`
}
