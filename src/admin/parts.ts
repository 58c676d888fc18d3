import { attributes, html } from '../web/html.ts'
import type { Html, Value } from '../web/html.ts'
import type { Words } from '../words/words.ts'

export interface Column {
  readonly text: string
  /** Numbers stand to the right. */
  readonly isNumber?: boolean
}

export interface DataTable {
  /** What the table holds; screen readers say it. */
  readonly caption: string
  readonly columns: readonly (string | Column)[]
  /** Cells in the columns' order; the first of a row names it. */
  readonly rows: readonly (readonly Value[])[]
  /** In place of a table without rows. */
  readonly empty: Html
}

/** A table that scrolls within itself where it is wider than the page. */
export function dataTable({ caption, columns, rows, empty }: DataTable): Html {
  if (rows.length === 0) return empty
  const heads = columns.map((column) => (typeof column === 'string' ? { text: column } : column))
  return html`<div class="table" role="region" aria-label="${caption}" tabindex="0">
    <table>
      <caption class="visually-hidden">
        ${caption}
      </caption>
      <thead>
        <tr>
          ${heads.map(({ text, isNumber = false }) => html`<th scope="col" ${numeric(isNumber)}>${text}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (cells) =>
            html`<tr>
              ${cells.map((cell, index) => cellOf(cell, index, heads[index]))}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}

/** What stands where there is nothing yet: what that means, and what to do about it. */
export function emptyState({ title, text, action }: EmptyState): Html {
  return html`<section class="empty">
    <h2>${title}</h2>
    <p>${text}</p>
    ${action !== undefined && html`<p><a class="button" href="${action.href}">${action.text}</a></p>`}
  </section>`
}

export interface EmptyState {
  readonly title: string
  readonly text: string
  readonly action?: { readonly href: string; readonly text: string }
}

export interface Pager {
  /** Path of the list. */
  readonly path: string
  /** What the list is narrowed down by; empty values are left out. */
  readonly query: Readonly<Record<string, string>>
  /** Where the next page begins; null on the last one. */
  readonly after: string | null
  /** Whether this is the first page. */
  readonly isFirst: boolean
}

/** To the first page of a list and to the next; nothing where one page holds it all. */
export function pager(words: Words, { path, query, after, isFirst }: Pager): Html | null {
  if (isFirst && after === null) return null
  return html`<nav class="pager" aria-label="${words.say('console.pages')}">
    ${!isFirst && html`<a href="${hrefOf(path, query)}">${words.say('console.first_page')}</a>`}
    ${after !== null && html`<a rel="next" href="${hrefOf(path, { ...query, after })}">${words.say('console.next_page')}</a>`}
  </nav>`
}

/** An address with a query of what isn't empty. */
export function hrefOf(path: string, query: Readonly<Record<string, string>>): string {
  const given = Object.entries(query).filter(([, value]) => value !== '')
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`
}

/** A moment to the minute in the reader's language, in UTC, with the exact one for programs. */
export function moment(words: Words, time: Date): Html {
  return html`<time datetime="${time.toISOString()}">${words.time(time)}</time>`
}

/** The same to the second, where things happen one after the other. */
export function exactMoment(words: Words, time: Date): Html {
  return html`<time datetime="${time.toISOString()}">${words.exactTime(time)}</time>`
}

/** One line of `<dl class="facts">`. */
export function fact(term: string, value: Value): Html {
  return html`<div>
    <dt>${term}</dt>
    <dd>${value}</dd>
  </div>`
}

/** How something is, in a word that its colour only repeats. */
export function badge(kind: 'ok' | 'warn' | 'bad' | 'plain', text: string): Html {
  return html`<span class="${`badge ${kind}`}">${text}</span>`
}

function cellOf(cell: Value, index: number, head: Column | undefined): Html {
  const given = attributes({ 'data-label': head?.text ?? '', class: head?.isNumber === true ? 'number' : null })
  return index === 0 ? html`<th scope="row" ${given}>${cell}</th>` : html`<td ${given}>${cell}</td>`
}

function numeric(isNumber: boolean): ReturnType<typeof attributes> {
  return attributes({ class: isNumber ? 'number' : null })
}
