import { hiddenField } from '../web/field.ts'
import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import type { Words } from '../words/words.ts'
import { accountPage } from './account-page.ts'
import type { AccountShell } from './account-page.ts'
import { fact, showTime } from './facts.ts'

/** An app as its card shows it. */
export interface LauncherCard {
  readonly title: string
  readonly description: string | null
  /** Path of an image, or letters in its place. */
  readonly icon: { readonly href: string } | { readonly letters: string }
  readonly url: string | null
  readonly asksFor: 'nothing' | 'second_factor' | 'proof'
  /** What is told of the app just now. */
  readonly notice: { readonly text: string; readonly endsAt: Date | null } | null
}

export interface LauncherPage {
  readonly shell: AccountShell
  readonly login: string
  /** Those that fit what is looked for, in their order. */
  readonly cards: readonly LauncherCard[]
  /** How many there are without looking for anything. */
  readonly total: number
  /** What is looked for, or nothing. */
  readonly filter: string
  /** Path that the sign-out form is posted to. */
  readonly signOutAction: string
  readonly csrf: string
}

/** So few are seen at one look. */
const FILTERED_FROM = 7
/** Of what is looked for. */
export const MAX_FILTER_CHARACTERS = 80

/** The portal's start page: the apps that one may open, and the way out. */
export function launcherPage(model: LauncherPage): string {
  const { shell, login, cards, total, signOutAction, csrf } = model
  const { words } = shell.frame
  const title = words.say('launcher.title')
  const body = html`<h1>${title}</h1>
    ${total >= FILTERED_FROM && filterForm(model)}
    ${
      cards.length > 0
        ? html`<ul class="apps">
            ${cards.map((card) => cardItem(card, words))}
          </ul>`
        : nothing(model)
    }
    <dl class="facts">${fact(words.say('launcher.signed_in_as'), login)}</dl>
    <form method="post" action="${signOutAction}">
      ${hiddenField('csrf', csrf)}
      <button class="button second" type="submit">${words.say('account.sign_out')}</button>
    </form>`
  return accountPage(shell, { here: 'home', title, body, wide: true })
}

function cardItem({ title, description, icon, url, asksFor, notice }: LauncherCard, words: Words): Html {
  return html`<li class="app">
    ${tile(icon)}
    <div>
      <h2>${url === null ? title : html`<a href="${url}">${title}</a>`}</h2>
      ${description !== null && html`<p>${description}</p>`}
      ${asksFor === 'second_factor' && html`<p class="hint">${words.say('launcher.asks_second_factor')}</p>`}
      ${asksFor === 'proof' && html`<p class="hint">${words.say('launcher.asks_proof')}</p>`}
      ${url === null && html`<p class="hint">${words.say('launcher.no_link')}</p>`}
      ${notice !== null && noticeText(notice, words)}
    </div>
  </li>`
}

function tile(icon: LauncherCard['icon']): Html {
  if ('href' in icon) return html`<img class="tile" src="${icon.href}" alt="" width="48" height="48" loading="lazy" />`
  return html`<span class="tile" aria-hidden="true">${icon.letters}</span>`
}

function noticeText({ text, endsAt }: NonNullable<LauncherCard['notice']>, words: Words): Html {
  return html`<p class="alert">
    ${words.say('launcher.notice', { text })}
    ${endsAt !== null && words.parts('launcher.notice_until', { time: showTime(endsAt, words) })}
  </p>`
}

function filterForm({ shell, cards, filter }: LauncherPage): Html {
  const { words } = shell.frame
  return html`<form class="filter" method="get" action="${shell.homeHref}" role="search">
      <div class="field">
        <label for="q">${words.say('launcher.filter')}</label>
        <input
          id="q"
          name="q"
          type="search"
          value="${filter}"
          maxlength="${MAX_FILTER_CHARACTERS}"
          autocomplete="off"
        />
      </div>
      <button class="button second" type="submit">${words.say('launcher.filter_go')}</button>
    </form>
    ${
      filter !== '' &&
      cards.length > 0 &&
      html`<p role="status">
        ${words.say('launcher.found', { count: cards.length })} ·
        <a href="${shell.homeHref}">${words.say('launcher.filter_all')}</a>
      </p>`
    }`
}

function nothing({ shell, filter, total, login }: LauncherPage): Html {
  const { words } = shell.frame
  if (total > 0)
    return html`<div class="empty" role="status">
      <p>${words.say('launcher.none_fits', { text: filter })}</p>
      <p><a href="${shell.homeHref}">${words.say('launcher.filter_all')}</a></p>
    </div>`
  return html`<div class="empty">
    <p>${words.say('launcher.none')}</p>
    <p class="quiet">${hint(shell, login)}</p>
  </div>`
}

/** Whoever administers has nobody to ask. */
function hint({ frame: { words }, consoleHref }: AccountShell, login: string): Html {
  if (consoleHref === null)
    return html`${words.parts('launcher.none_hint', { login: html`<strong>${login}</strong>` })}`
  const link = html`<a href="${consoleHref}">${words.say('launcher.none_console')}</a>`
  return html`${words.parts('launcher.none_operator', { console: link })}`
}
