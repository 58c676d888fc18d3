import { hiddenField } from '../web/field.ts'
import { attributes, html } from '../web/html.ts'
import { accountPage } from './account-page.ts'
import type { AccountShell } from './account-page.ts'

export interface LanguagePage {
  readonly shell: AccountShell
  readonly action: string
  readonly csrf: string
  /** Those that are to be had, each as its speakers call it. */
  readonly languages: readonly { readonly tag: string; readonly endonym: string }[]
  /** The one that was chosen, or null. */
  readonly chosen: string | null
  readonly isSaved: boolean
}

/** The language of pages and mails. */
export function languagePage({ shell, action, csrf, languages, chosen, isSaved }: LanguagePage): string {
  const { words } = shell.frame
  const title = words.say('language.title')
  const options = [
    { value: '', text: words.say('language.browser'), lang: null },
    ...languages.map(({ tag, endonym }) => ({ value: tag, text: endonym, lang: tag })),
  ]
  const body = html`<h1>${title}</h1>
    ${isSaved && html`<p class="notice" role="status">${words.say('language.saved')}</p>`}
    <form method="post" action="${action}">
      ${hiddenField('csrf', csrf)}
      <div class="field">
        <label for="language">${title}</label>
        <p class="hint" id="language-hint">${words.say('language.hint')}</p>
        <select id="language" name="language" aria-describedby="language-hint">
          ${options.map(
            ({ value, text, lang }) =>
              html`<option ${attributes({ value, lang, selected: value === (chosen ?? '') })}>${text}</option>`,
          )}
        </select>
      </div>
      <button class="button" type="submit">${words.say('language.save')}</button>
    </form>`
  return accountPage(shell, { here: 'language', title, body })
}
