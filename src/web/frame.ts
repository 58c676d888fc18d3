import { ASSET_NAMES } from './assets.ts'
import { html, toText } from './html.ts'
import type { Html } from './html.ts'

export interface Page {
  /** What the page is, without the product's name. */
  readonly title: string
  /** What stands inside `<main>`, with the one `<h1>`. */
  readonly body: Html
  /** Path that serves `assets()`, without a slash at its end, such as `/.postern/assets`. */
  readonly assetBase: string
  /** The script that the page loads; its reply needs `scripted` in `portalHeaders`. */
  readonly script?: 'passkey' | 'strength' | 'copy'
  /** BCP 47 tag of the language that the body is in; `en` unless told. */
  readonly lang?: string
}

/** A whole document, ready to send: the frame that all pages share around one page's body. */
export function page({ title, body, assetBase, script, lang = 'en' }: Page): string {
  const mark = `${assetBase}/${ASSET_NAMES.mark}`
  const document = html`<!doctype html>
    <html lang="${lang}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>${title} · Postern</title>
        <link rel="icon" type="image/svg+xml" href="${mark}" />
        <link rel="stylesheet" href="${`${assetBase}/${ASSET_NAMES.style}`}" />
        ${script !== undefined && html`<script src="${`${assetBase}/${ASSET_NAMES[script]}`}" defer></script>`}
      </head>
      <body>
        <div class="page">
          <header class="brand"><img src="${mark}" alt="" width="32" height="32" />Postern</header>
          <main>${body}</main>
        </div>
      </body>
    </html>`
  return toText(document)
}
