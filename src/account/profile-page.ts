import { isOwnPermission, OWN_PREFIX } from '../lib/permissions.ts'
import { ADMIN_ROLE } from '../policies/policy.ts'
import { field, hiddenField } from '../web/field.ts'
import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import type { Words } from '../words/words.ts'
import { accountPage } from './account-page.ts'
import type { AccountShell } from './account-page.ts'
import { fact, showTime } from './facts.ts'

/** A role of the visitor with what it gives him. */
export interface ProfileRole {
  readonly name: string
  readonly permissions: readonly string[]
  /** When it ends by itself; null for one that was given for good. */
  readonly endsAt: Date | null
}

export interface ProfilePage {
  readonly shell: AccountShell
  readonly action: string
  readonly csrf: string
  readonly login: string
  readonly name: string
  readonly email: string
  readonly isEmailVerified: boolean
  readonly roles: readonly ProfileRole[]
  /** What was entered, if it can't be used. */
  readonly refusedName: string | null
  readonly isSaved: boolean
}

/** Who one is here: by which names, how one is reached, and what one may do. */
export function profilePage(model: ProfilePage): string {
  const { shell, login, email, isEmailVerified, isSaved, refusedName } = model
  const { words } = shell.frame
  const title = words.say('profile.title')
  const state = words.say(isEmailVerified ? 'profile.email_confirmed' : 'profile.email_open')
  const body = html`<h1>${title}</h1>
    ${isSaved && html`<p class="notice" role="status">${words.say('profile.saved')}</p>`}
    <dl class="facts">
      ${fact(words.say('profile.login'), login)} ${fact(words.say('profile.email'), `${email} · ${state}`)}
    </dl>
    <p><a class="button second" href="${`${shell.base}/email`}">${words.say('profile.email_change')}</a></p>
    ${nameForm(model)}
    <h2>${words.say('profile.roles')}</h2>
    ${roleList(model)}`
  const shown = refusedName === null ? title : words.say('common.error', { title })
  return accountPage(shell, { here: 'profile', title: shown, body })
}

function nameForm({ shell, action, csrf, name, refusedName }: ProfilePage): Html {
  const { words } = shell.frame
  return html`<form method="post" action="${action}" novalidate>
    ${hiddenField('csrf', csrf)}
    ${field({
      name: 'name',
      label: words.say('profile.name'),
      hint: words.say('profile.name_hint'),
      autocomplete: 'name',
      value: refusedName ?? name,
      error: refusedName === null ? null : words.say('profile.name_fault'),
    })}
    <button class="button" type="submit">${words.say('profile.name_save')}</button>
  </form>`
}

function roleList({ shell, roles }: ProfilePage): Html {
  const { words } = shell.frame
  if (roles.length === 0) return html`<p class="quiet">${words.say('profile.roles_none')}</p>`
  return html`<p class="quiet">${words.say('profile.roles_hint')}</p>
    <dl class="facts">
      ${roles.map((role) => fact(role.name, html`${untilOf(role, words)}${meaningOf(role, words)}`))}
    </dl>`
}

function untilOf({ endsAt }: ProfileRole, words: Words): Html | null {
  if (endsAt === null) return null
  return html`<strong>${words.parts('profile.role_until', { time: showTime(endsAt, words) })}</strong><br />`
}

function meaningOf({ name, permissions }: ProfileRole, words: Words): Html {
  if (name === ADMIN_ROLE) return html`${words.say('profile.role_admin')}`
  const own = permissions.filter(isOwnPermission).map((permission) => words.say(`permission.${permission}`))
  const others = permissions.filter((permission) => !permission.startsWith(OWN_PREFIX)).join(', ')
  if (own.length === 0 && others === '') return html`${words.say('profile.role_plain')}`
  return html`${others !== '' && words.say('profile.role_permissions', { permissions: others })}
  ${
    own.length > 0 &&
    html`<ul>
      ${own.map((text) => html`<li>${text}</li>`)}
    </ul>`
  }`
}
