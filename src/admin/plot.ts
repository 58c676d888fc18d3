import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'

/** One row of figures; the class says how it is drawn, and a legend names it. */
export interface Series {
  readonly name: string
  readonly look: 'good' | 'bad' | 'plain'
  /** Null where there is nothing to tell. */
  readonly values: readonly (number | null)[]
}

export interface Plot {
  /** Unique on its page. */
  readonly id: string
  readonly title: string
  /** What is to be seen, in a sentence, for those who don't see it. */
  readonly description: string
  /** One for each value, such as the hour. */
  readonly labels: readonly string[]
  /** What the labels are. */
  readonly labelsTitle: string
  readonly series: readonly Series[]
  /** How values are written. */
  readonly show: (value: number) => string
  /** What opens the same figures as a table. */
  readonly tableTitle: string
}

const WIDTH = 720
const HEIGHT = 200
const EDGE = { left: 56, right: 8, top: 12, bottom: 24 }
const INNER = { width: WIDTH - EDGE.left - EDGE.right, height: HEIGHT - EDGE.top - EDGE.bottom }
/** So many labels stand below a plot without touching. */
const MAX_LABELS = 8
const GAP = 0.2

/** Columns, those of several series on top of each other. */
export function bars(plot: Plot): Html {
  const sums = plot.labels.map((_, at) => plot.series.reduce((sum, { values }) => sum + (values[at] ?? 0), 0))
  const top = niceTop(Math.max(0, ...sums))
  const step = INNER.width / Math.max(1, plot.labels.length)
  const drawn = plot.labels.map((_, at) => {
    let below = 0
    return plot.series.map(({ look, values }) => {
      const value = values[at] ?? 0
      below += value
      if (value === 0) return null
      const x = EDGE.left + step * (at + GAP / 2)
      const height = (value / top) * INNER.height
      return html`<rect
        class="${look}"
        x="${round(x)}"
        y="${round(yOf(below, top))}"
        width="${round(step * (1 - GAP))}"
        height="${round(height)}"
      ></rect>`
    })
  })
  return figure(plot, top, html`${drawn}`)
}

/** Lines through the values; broken where there is nothing to tell. */
export function lines(plot: Plot): Html {
  const top = niceTop(Math.max(0, ...plot.series.flatMap(({ values }) => values.map((value) => value ?? 0))))
  const step = INNER.width / Math.max(1, plot.labels.length)
  const drawn = plot.series.map(({ look, values }) =>
    runsOf(values).map((run) => {
      const points = run.map(({ at, value }) => `${round(EDGE.left + step * (at + 0.5))},${round(yOf(value, top))}`)
      return html`<polyline class="${look}" points="${points.join(' ')}" fill="none"></polyline>`
    }),
  )
  return figure(plot, top, html`${drawn}`)
}

function figure(plot: Plot, top: number, drawn: Html): Html {
  const { id, title, description, series, show } = plot
  return html`<figure class="plot">
    <svg viewBox="${`0 0 ${WIDTH} ${HEIGHT}`}" role="img" aria-labelledby="${`${id}-title ${id}-desc`}">
      <title id="${`${id}-title`}">${title}</title>
      <desc id="${`${id}-desc`}">${description}</desc>
      ${[0, 0.5, 1].map((share) => grid(share * top, top, show))} ${drawn} ${labelsBelow(plot)}
    </svg>
    <figcaption>
      <strong>${title}</strong>
      <ul class="legend">
        ${series.map(({ name, look }) => html`<li class="${look}">${name}</li>`)}
      </ul>
    </figcaption>
    ${asTable(plot)}
  </figure>`
}

function grid(value: number, top: number, show: Plot['show']): Html {
  const y = round(yOf(value, top))
  return html`<line class="grid" x1="${EDGE.left}" x2="${WIDTH - EDGE.right}" y1="${y}" y2="${y}"></line>
    <text x="${EDGE.left - 6}" y="${y + 4}" text-anchor="end">${show(value)}</text>`
}

function labelsBelow({ labels }: Plot): readonly Html[] {
  const every = Math.max(1, Math.ceil(labels.length / MAX_LABELS))
  const step = INNER.width / Math.max(1, labels.length)
  return labels.flatMap((label, at) => {
    if (at % every !== 0) return []
    return [
      html`<text x="${round(EDGE.left + step * (at + 0.5))}" y="${HEIGHT - 6}" text-anchor="middle">${label}</text>`,
    ]
  })
}

function asTable({ title, tableTitle, labelsTitle, labels, series, show }: Plot): Html {
  return html`<details>
    <summary>${tableTitle}</summary>
    <div class="table" role="region" aria-label="${title}" tabindex="0">
      <table>
        <caption class="visually-hidden">
          ${title}
        </caption>
        <thead>
          <tr>
            <th scope="col">${labelsTitle}</th>
            ${series.map(({ name }) => html`<th scope="col" class="number">${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${labels.map(
            (label, at) =>
              html`<tr>
                <th scope="row">${label}</th>
                ${series.map(({ values }) => html`<td class="number">${shown(values[at] ?? null, show)}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`
}

function shown(value: number | null, show: Plot['show']): string {
  return value === null ? '–' : show(value)
}

/** Neighbours with a value, as one line each; a single one becomes a short line, or it would not be seen. */
function runsOf(values: readonly (number | null)[]): { readonly at: number; readonly value: number }[][] {
  const runs: { at: number; value: number }[][] = []
  for (const [at, value] of values.entries()) {
    if (value === null) continue
    const last = runs.at(-1)
    if (last?.at(-1)?.at === at - 1) last.push({ at, value })
    else runs.push([{ at, value }])
  }
  return runs.map((run) => (run.length === 1 ? run.flatMap((one) => [one, { ...one, at: one.at + 0.4 }]) : run))
}

/** The next of 1, 2, 5, 10, 20 … in whatever power of ten, so that half of it can be said too. */
function niceTop(most: number): number {
  // Below this the power of ten would be 0.
  if (most < 1e-300) return 1
  const power = 10 ** Math.floor(Math.log10(most))
  return ([1, 2, 5, 10].find((factor) => factor * power >= most) ?? 10) * power
}

function yOf(value: number, top: number): number {
  return EDGE.top + INNER.height * (1 - value / top)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
