import { html, toText } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import type { Letter } from './letters.ts'

const WIDTH = 72
const WORDS = /\S+/g

/** Whose mail it is. */
export interface Writer {
  readonly name: string
  readonly accent: { readonly ground: string; readonly on: string }
  /** Tag of the language that it is written in. */
  readonly language: string
}

/** The letter as plain text, its lines no longer than mails had better be, but for the link. */
export function writeText(
  { lines, facts, button, after }: Letter,
  link: string,
  { name }: Pick<Writer, 'name'>,
): string {
  const terms = Math.max(0, ...facts.map(([term]) => term.length)) + 2
  const table = facts.map(([term, value]) => `${`${term}:`.padEnd(terms)}${value}`).join('\n')
  return `${[...lines.map(wrap), table, `${button}:\n${link}`, ...after.map(wrap), name].join('\n\n')}\n`
}

/** The letter as HTML for mail programs, which know inline styles alone; nothing is loaded from anywhere. */
export function writeHtml(
  { subject, lines, facts, button, after }: Letter,
  link: string,
  { name, accent, language }: Writer,
): string {
  const document = html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${subject}</title>
      </head>
      <body style="margin:0;padding:24px 16px;font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif">
        <div style="max-width:34em;margin:0 auto">
          <p style="margin:0 0 16px;font-weight:600;opacity:.7">${name}</p>
          <h1 style="margin:0 0 16px;font-size:20px;line-height:1.3">${subject.split(' · ', 1)}</h1>
          ${lines.map(paragraph)}
          <table role="presentation" style="margin:0 0 24px;border-collapse:collapse">
            ${facts.map(row)}
          </table>
          <table role="presentation" style="margin:0 0 8px;border-collapse:separate">
            <tr>
              <td bgcolor="${accent.ground}" style="padding:10px 20px;border-radius:6px">
                <a href="${link}" style="font-weight:600;text-decoration:none"
                  ><font color="${accent.on}">${button}</font></a
                >
              </td>
            </tr>
          </table>
          <p style="margin:0 0 24px;font-size:13px;overflow-wrap:anywhere;word-break:break-all">${link}</p>
          ${after.map(paragraph)}
        </div>
      </body>
    </html>`
  return toText(document)
}

function paragraph(line: string): Html {
  return html`<p style="margin:0 0 16px">${line}</p>`
}

function row([term, value]: readonly [string, string]): Html {
  return html`<tr>
    <td style="padding:2px 16px 2px 0;vertical-align:top;opacity:.7">${term}</td>
    <td style="padding:2px 0;overflow-wrap:anywhere">${value}</td>
  </tr>`
}

function wrap(paragraphText: string): string {
  const lines: string[] = ['']
  for (const word of paragraphText.match(WORDS) ?? []) {
    const last = lines.at(-1) ?? ''
    if (last !== '' && last.length + word.length >= WIDTH) lines.push(word)
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`
  }
  return lines.join('\n')
}
