import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import { consolePage } from './console-page.ts'
import type { ConsolePage } from './console-page.ts'
import { badge, fact, hrefOf, moment } from './parts.ts'
import type { UserFacts } from './user-facts.ts'
import { buttonForm, selectControl, textControl } from './user-fields.ts'
import type { Refusal } from './user-parts.ts'
import { devicesSection, eventsSection, sessionsSection, tokensSection } from './user-sections.ts'
import { roleOptions, userBadge } from './users-page.ts'
import { hiddenField } from '../web/field.ts'

/** What was typed into the page's forms. */
export interface TypedOfUser {
  readonly name?: string | undefined
  readonly email?: string | undefined
  readonly confirm?: string | undefined
}

export interface UserPage extends Pick<ConsolePage, 'frame' | 'console'> {
  readonly facts: UserFacts
  readonly csrf: Html
  readonly typed: TypedOfUser
  readonly refusal: Refusal
}

/** One person: what is known of the account, and what the visitor may do about it. */
export function userPage(model: UserPage): string {
  const { frame, console, facts, refusal } = model
  const { words } = frame
  const { problem } = refusal
  const body = html`${standing(model)}
  ${
    console.may('postern.users:write') && !facts.isWithinReach && html`<p class="alert">${words.say('user.higher')}</p>`
  }
  ${mayWrite(model) && profileForm(model)} ${rolesSection(model)} ${mayWrite(model) && passwordSection(model)}
  ${factorsSection(model)} ${sessionsSection(model)} ${devicesSection(model)} ${tokensSection(model)}
  ${eventsSection(model)} ${mayWrite(model) && accountSection(model)}`
  const crumbs = [{ text: words.say('console.users'), path: 'users' }]
  const title = facts.user.login
  return consolePage({ frame, console, title, body, crumbs, problem: problem && words.say(`error.${problem}`) })
}

function mayWrite({ console, facts }: UserPage): boolean {
  return console.may('postern.users:write') && facts.isWithinReach
}

function pathOf({ console: { base }, facts: { user } }: UserPage): string {
  return `${base}/users/${user.login}`
}

function standing({ frame: { words }, console, facts: { user } }: UserPage): Html {
  const { login } = user
  return html`<dl class="facts">
      ${fact(words.say('people.state'), userBadge(words, user))} ${fact(words.say('people.name'), user.name)}
      ${fact(words.say('people.email'), user.email)} ${fact(words.say('user.created'), moment(words, user.created_at))}
      ${user.must_change_password && fact(words.say('user.password'), words.say('user.must_change'))}
      ${user.break_glass && fact(words.say('user.break_glass'), words.say('user.break_glass_text'))}
    </dl>
    ${
      console.may('postern.attempts:clear') &&
      html`<p>
        <a href="${hrefOf(`${console.base}/attempts`, { login })}">${words.say('user.attempts_link', { login })}</a>
      </p>`
    }`
}

function profileForm(model: UserPage): Html {
  const { frame, facts, csrf, typed, refusal } = model
  const { words } = frame
  const { user } = facts
  return html`<section aria-labelledby="profile">
    <h2 id="profile">${words.say('user.profile')}</h2>
    <form method="post" action="${`${pathOf(model)}/profile`}">
      ${csrf} ${hiddenField('version', user.version)}
      ${textControl(words, {
        name: 'name',
        label: words.say('people.name'),
        value: typed.name ?? user.name,
        fault: refusal.faults['name'],
        required: true,
        maxLength: 200,
      })}
      ${
        !user.break_glass &&
        textControl(words, {
          name: 'email',
          type: 'email',
          label: words.say('people.email'),
          value: typed.email ?? user.email,
          fault: refusal.faults['email'],
          required: true,
          maxLength: 254,
        })
      }
      <button class="button" type="submit">${words.say('user.save')}</button>
    </form>
  </section>`
}

function rolesSection(model: UserPage): Html {
  const { frame, console, facts, csrf, refusal } = model
  const { words } = frame
  const { user, held, givable } = facts
  const { login } = user
  const isOpen = mayWrite(model)
  const free = givable.filter((role) => !user.roles.includes(role))
  return html`<section aria-labelledby="roles">
    <h2 id="roles">${words.say('people.roles')}</h2>
    ${held.length === 0 && html`<p class="quiet">${words.say('user.roles_none')}</p>`}
    <ul>
      ${held.map(
        ({ name, endsAt }) =>
          html`<li>
            <strong>${name}</strong>
            ${
              endsAt === null
                ? words.say('user.role_for_good')
                : words.parts('user.role_granted', { time: moment(words, endsAt) })
            }
            ${
              isOpen &&
              user.roles.includes(name) &&
              givable.includes(name) &&
              buttonForm({
                action: `${pathOf(model)}/roles/take`,
                csrf,
                hidden: { role: name },
                text: words.say('user.role_take'),
                label: words.say('user.role_take_one', { role: name }),
              })
            }
          </li>`,
      )}
    </ul>
    ${
      isOpen &&
      free.length > 0 &&
      html`<form method="post" action="${`${pathOf(model)}/roles/give`}">
        ${csrf}
        ${selectControl(words, {
          name: 'role',
          label: words.say('user.role_give'),
          options: roleOptions(words.say('people.choose'), free),
          fault: refusal.faults['role'],
        })}
        <button class="button second" type="submit">${words.say('user.role_give_button')}</button>
      </form>`
    }
    <p>
      <a href="${hrefOf(`${console.base}/grants`, { login })}">${words.say('user.grants_link', { login })}</a>
    </p>
  </section>`
}

function passwordSection(model: UserPage): Html | null {
  const { frame, facts, csrf } = model
  const { words } = frame
  const { user } = facts
  if (user.break_glass) return null
  const canHaveLink = user.disabled_at === null
  return html`<section aria-labelledby="password">
    <h2 id="password">${words.say('user.password')}</h2>
    ${
      canHaveLink &&
      html`<p class="hint">${words.say('user.reset_link_hint')}</p>
        ${buttonForm({ action: `${pathOf(model)}/reset-link`, csrf, text: words.say('user.reset_link') })}`
    }
    ${
      user.has_password &&
      !user.must_change_password &&
      buttonForm({ action: `${pathOf(model)}/password-change`, csrf, text: words.say('user.must_change_button') })
    }
  </section>`
}

function factorsSection(model: UserPage): Html {
  const { frame, facts, csrf } = model
  const { words } = frame
  const { factors, recoveryCodesLeft } = facts.factors
  return html`<section aria-labelledby="factors">
    <h2 id="factors">${words.say('user.factors')}</h2>
    ${factors.length === 0 && html`<p class="quiet">${words.say('user.factors_none')}</p>`}
    <ul>
      ${factors.map(
        ({ name, kind, addedAt, lastUsedAt, copySuspectedAt }) =>
          html`<li>
            <strong>${name}</strong> · ${words.say(`user.factor_${kind}`)} · ${words.say('user.factor_added')}
            ${moment(words, addedAt)}
            ${lastUsedAt !== null && html`· ${words.say('user.last_used')} ${moment(words, lastUsedAt)}`}
            ${copySuspectedAt !== null && badge('bad', words.say('user.factor_copy'))}
          </li>`,
      )}
    </ul>
    ${
      factors.length > 0 &&
      html`<p class="quiet">${words.say('user.codes_left', { count: recoveryCodesLeft })}</p>
        ${
          mayWrite(model) &&
          html`<p class="hint">${words.say('user.factors_reset_hint')}</p>
            ${buttonForm({
              action: `${pathOf(model)}/factors/reset`,
              csrf,
              text: words.say('user.factors_reset'),
              look: 'danger',
            })}`
        }`
    }
  </section>`
}

function accountSection(model: UserPage): Html {
  const { frame, facts, csrf, typed, refusal } = model
  const { words } = frame
  const { login, disabled_at: disabledAt } = facts.user
  return html`<section aria-labelledby="account">
    <h2 id="account">${words.say('user.account')}</h2>
    ${
      disabledAt === null
        ? html`<p class="hint">${words.say('user.disable_hint')}</p>
            ${buttonForm({
              action: `${pathOf(model)}/disable`,
              csrf,
              text: words.say('user.disable'),
              look: 'danger',
            })}`
        : buttonForm({ action: `${pathOf(model)}/enable`, csrf, text: words.say('user.enable') })
    }
    <form method="post" action="${`${pathOf(model)}/delete`}">
      ${csrf}
      <p class="hint">${words.say('user.delete_hint')}</p>
      ${textControl(words, {
        name: 'confirm',
        label: words.say('user.delete_confirm', { login }),
        value: typed.confirm ?? '',
        fault: refusal.faults['confirm'],
        required: true,
        maxLength: 64,
      })}
      <button class="button danger" type="submit">${words.say('user.delete')}</button>
    </form>
  </section>`
}
