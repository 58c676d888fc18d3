import type { Words } from '../words/words.ts'
import { ASSET_NAMES } from './assets.ts'
import type { ScriptName } from './assets.ts'
import { html, toText } from './html.ts'
import type { Html } from './html.ts'
import { languageChoice } from './language-choice.ts'
import type { LanguageLink } from './language-choice.ts'

/** Whose pages these are. */
export interface Brand {
  readonly name: string
  /** Path or data of an image that stands for the mark; null for Postern's own. */
  readonly logoHref: string | null
  /** Path of a sheet with their colours. */
  readonly styleHref?: string | null
}

/** What all pages of one visitor share. */
export interface Frame {
  /** Path that serves `assets()`, without a slash at its end, such as `/.postern/assets`. */
  readonly assetBase: string
  readonly words: Words
  readonly brand: Brand
  /** The same page in every language, for its foot; none where there is no choice. */
  readonly languageLinks?: readonly LanguageLink[]
}

export interface Page {
  readonly frame: Frame
  /** What the page is, without the product's name. */
  readonly title: string
  /** What stands inside `<main>`, with the one `<h1>`. */
  readonly body: Html
  /** The scripts that the page loads; its reply needs `scripted` in `portalHeaders`. */
  readonly script?: ScriptName | readonly ScriptName[]
  /** What `navigation` makes: beside the content where there is room for it, else above it. */
  readonly nav?: Html
  /** True for tables and plots, which need more than a column of text. */
  readonly wide?: boolean
  /** What stands below the content, such as the choice of language. */
  readonly foot?: Html
}

/** A whole document, ready to send: the frame that all pages share around one page's body. */
export function page(model: Page): string {
  const { frame, title, body, nav, foot } = model
  const { assetBase, words, brand, languageLinks = [] } = frame
  const { styleHref = null } = brand
  const choice = nav === undefined && languageChoice(words.say('common.language'), words.tag, languageLinks)
  const mark = brand.logoHref ?? `${assetBase}/${ASSET_NAMES.mark}`
  const document = html`<!doctype html>
    <html lang="${words.tag}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>${title} · ${brand.name}</title>
        <link rel="icon" href="${mark}" />
        <link rel="stylesheet" href="${`${assetBase}/${ASSET_NAMES.style}`}" />
        ${styleHref !== null && html`<link rel="stylesheet" href="${styleHref}" />`}
        ${scriptsOf(model).map((name) => html`<script src="${`${assetBase}/${ASSET_NAMES[name]}`}" defer></script>`)}
      </head>
      <body>
        ${nav !== undefined && html`<a class="skip" href="#content">${words.say('frame.skip')}</a>`}
        <div class="${layoutOf(model)}">
          <header class="brand"><img src="${mark}" alt="" width="32" height="32" />${brand.name}</header>
          ${nav}
          <main id="content">${body}</main>
          ${(foot !== undefined || choice) && html`<footer>${foot}${choice}</footer>`}
        </div>
      </body>
    </html>`
  return toText(document)
}

function scriptsOf({ script = [] }: Page): readonly ScriptName[] {
  return typeof script === 'string' ? [script] : script
}

function layoutOf({ nav, wide = false }: Page): string {
  return ['page', wide && 'wide', nav !== undefined && 'with-nav'].filter(Boolean).join(' ')
}
