import type { InvitationRow } from '../recovery/invitations-table.ts'
import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import { consolePage } from './console-page.ts'
import type { ConsolePage } from './console-page.ts'
import { dataTable, emptyState, moment } from './parts.ts'
import { buttonForm, selectControl, textControl } from './user-fields.ts'
import type { Refusal } from './user-parts.ts'
import { roleOptions } from './users-page.ts'

interface FormPage<Name extends string> extends Pick<ConsolePage, 'frame' | 'console'> {
  readonly csrf: Html
  /** As they were typed. */
  readonly values: Readonly<Record<Name, string>>
  readonly refusal: Refusal
  /** Names of the roles that the visitor may give. */
  readonly roles: readonly string[]
}

export type NewUserPage = FormPage<'login' | 'name' | 'email' | 'role'>

export interface InvitationsPage extends FormPage<'email' | 'role'> {
  readonly invitations: readonly (InvitationRow & { readonly mayRevoke: boolean })[]
  readonly sendsMails: boolean
  readonly days: number
}

/** The form of a new account. */
export function newUserPage(model: NewUserPage): string {
  const { frame, console, csrf, values, refusal, roles } = model
  const { words } = frame
  const { faults, problem } = refusal
  const body = html`<p class="quiet">${words.say('users.create_hint')}</p>
    <form method="post" action="${`${console.base}/new-user`}">
      ${csrf}
      ${textControl(words, {
        name: 'login',
        label: words.say('people.login'),
        hint: words.say('users.login_hint'),
        value: values.login,
        fault: faults['login'],
        required: true,
        maxLength: 64,
      })}
      ${textControl(words, {
        name: 'email',
        type: 'email',
        label: words.say('people.email'),
        value: values.email,
        fault: faults['email'],
        required: true,
        maxLength: 254,
      })}
      ${textControl(words, {
        name: 'name',
        label: words.say('people.name'),
        hint: words.say('users.name_hint'),
        value: values.name,
        fault: faults['name'],
        maxLength: 200,
      })}
      ${selectControl(words, {
        name: 'role',
        label: words.say('users.role_first'),
        hint: words.say('users.role_hint'),
        options: roleOptions(words.say('people.none'), roles),
        value: values.role,
        fault: faults['role'],
      })}
      <button class="button" type="submit">${words.say('users.create')}</button>
    </form>`
  const crumbs = [{ text: words.say('console.users'), path: 'users' }]
  const title = words.say('users.new')
  return consolePage({ frame, console, title, body, crumbs, problem: problem && words.say(`error.${problem}`) })
}

/** Who is invited, and the form to invite somebody. */
export function invitationsPage(model: InvitationsPage): string {
  const { frame, console, refusal } = model
  const { words } = frame
  const { problem } = refusal
  const body = html`<p class="quiet">${words.say('invitations.hint')}</p>
    ${inviteForm(model)}
    <h2>${words.say('invitations.open')}</h2>
    ${openInvitations(model)}`
  const crumbs = [{ text: words.say('console.users'), path: 'users' }]
  const title = words.say('invitations.title')
  return consolePage({ frame, console, title, body, crumbs, problem: problem && words.say(`error.${problem}`) })
}

function inviteForm({ frame, console, csrf, values, refusal, roles, sendsMails, days }: InvitationsPage): Html {
  const { words } = frame
  const { faults } = refusal
  return html`<p class="quiet">
      ${words.say(sendsMails ? 'invitations.hint_mail' : 'invitations.hint_link', { days })}
    </p>
    <form method="post" action="${`${console.base}/invitations`}">
      ${csrf}
      ${textControl(words, {
        name: 'email',
        type: 'email',
        label: words.say('people.email'),
        value: values.email,
        fault: faults['email'],
        required: true,
        maxLength: 254,
      })}
      ${selectControl(words, {
        name: 'role',
        label: words.say('users.role_first'),
        options: roleOptions(words.say('people.none'), roles),
        value: values.role,
        fault: faults['role'],
      })}
      <button class="button" type="submit">${words.say('invitations.submit')}</button>
    </form>`
}

function openInvitations({ frame: { words }, console: { base }, csrf, invitations }: InvitationsPage): Html {
  const columns = [
    words.say('people.email'),
    words.say('people.roles'),
    words.say('invitations.by'),
    words.say('people.until'),
    words.say('people.change'),
  ]
  const rows = invitations.map(({ id, email, roles, by, expires_at: endsAt, mayRevoke }) => [
    email,
    roles.join(', '),
    by ?? words.say('invitations.by_shell'),
    moment(words, endsAt),
    mayRevoke &&
      buttonForm({
        action: `${base}/invitations/revoke`,
        csrf,
        hidden: { id },
        text: words.say('invitations.revoke'),
        label: words.say('invitations.revoke_one', { email }),
      }),
  ])
  const empty = emptyState({ title: words.say('invitations.none'), text: words.say('invitations.none_text') })
  return dataTable({ caption: words.say('invitations.open'), columns, rows, empty })
}
