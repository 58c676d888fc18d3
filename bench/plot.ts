import { OF_NGINX_SHARE, OF_RETURN_204, returnOf204 } from './goals.ts'
import type { Report } from './report.ts'
import type { VerifyReport } from './verify.ts'

/** A line of the plot, in microseconds of CPU; null for what isn't known. */
interface Bars {
  readonly name: string
  readonly gateway: number | null
  readonly nginx: number | null
  readonly goal: number | null
}

interface Panel {
  readonly heading: string
  readonly bars: readonly Bars[]
}

interface Scale {
  readonly usPerPixel: number
  readonly endX: number
}

const WIDTH = 800
const LABELS_X = 16
const BARS_X = 264
const VALUES_WIDTH = 56
const VALUE_GAP = 5
const TOP = 86
const HEADING_HEIGHT = 34
const LINE_HEIGHT = 30
const BAR_HEIGHT = 13
const NGINX_HEIGHT = 6
const PANEL_GAP = 18
/** Longer ones are cut off, or the tiers that ask somebody else would leave the others no room. */
const LONGEST_OF_MEDIAN = 3

const STYLE = `
  svg { font: 13px system-ui, sans-serif; --paper: #fff; --ink: #1c2128; --soft: #59636e; --own: #1f6feb; --nginx: #aeb8c4; --goal: #cf222e }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #0d1117; --ink: #e6edf3; --soft: #9198a1; --own: #4493f8; --nginx: #545d68; --goal: #ff7b72 }
  }
  .paper { fill: var(--paper) } text { fill: var(--ink) } .soft { fill: var(--soft); font-size: 12px }
  .heading { font-weight: 600 } .title { font-size: 17px; font-weight: 600 } .value { font-size: 12px }
  .own { fill: var(--own) } .nginx { fill: var(--nginx) } .goal { stroke: var(--goal); stroke-width: 2 }
  .cut { stroke: var(--paper); stroke-width: 3 }`

/** Draws what a verify costs beside what nginx spends, as one SVG that needs nothing else. @param date as it is shown */
export function drawPlot({ machine, load_average: load }: Report, verify: VerifyReport, date: string): string {
  const panels = [behindNginx(verify), askedDirectly(verify)]
  const heights = panels.map(({ bars }) => HEADING_HEIGHT + bars.length * LINE_HEIGHT + PANEL_GAP)
  const height = TOP + heights.reduce((sum, each) => sum + each, 0)
  const about = `${date}: ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, nginx ${machine.nginx}; load average ${load.before} before, ${load.after} after`
  const tops = heights.map((_, index) => TOP + heights.slice(0, index).reduce((sum, each) => sum + each, 0))
  const drawn = panels.map((panel, index) => drawPanel(panel, tops[index] ?? TOP))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>CPU of one verify</title>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="paper" width="${WIDTH}" height="${height}"/>`,
    text(LABELS_X, 28, 'title', 'CPU of one verify, microseconds'),
    text(LABELS_X, 48, 'soft', about),
    ...drawLegend(72),
    ...drawn,
    '</svg>\n',
  ].join('\n')
}

function behindNginx({ rows }: VerifyReport): Panel {
  const bars = rows.map(({ case: name, gateway_cpu_us: gateway, nginx_cpu_us: nginx }) => ({
    name,
    gateway,
    nginx,
    goal: name.startsWith('postern, warm') ? nginx * OF_NGINX_SHARE : null,
  }))
  return { heading: "Behind nginx; the mark is 0.6 of nginx's own share", bars }
}

function askedDirectly({ direct }: VerifyReport): Panel {
  const bars = direct.map(({ case: name, gateway_cpu_us: gateway }) => {
    const limit = name.startsWith('postern') ? returnOf204(name, direct) : null
    return { name, gateway, nginx: null, goal: limit === null ? null : limit * OF_RETURN_204 }
  })
  return { heading: 'Asked directly; the mark is 1.25 times nginx return 204 over the same kind of listener', bars }
}

function drawPanel({ heading, bars }: Panel, top: number): string {
  const scale = scaleFor(bars)
  const lines = bars.map((bar, index) => drawBars(bar, top + HEADING_HEIGHT + index * LINE_HEIGHT, scale))
  return [text(LABELS_X, top + 18, 'heading', heading), ...lines].join('\n')
}

/** The longest bar ends where its value still has room. */
function scaleFor(bars: readonly Bars[]): Scale {
  const all = bars
    .flatMap(({ gateway, nginx }) => [gateway ?? [], nginx ?? []].flat())
    .sort((one, other) => one - other)
  const middle = all[Math.floor(all.length / 2)] ?? 1
  const longest = Math.max(1, ...all.filter((us) => us <= middle * LONGEST_OF_MEDIAN))
  const endX = WIDTH - VALUES_WIDTH
  return { usPerPixel: longest / (endX - BARS_X), endX }
}

function drawBars({ name, gateway, nginx, goal }: Bars, top: number, scale: Scale): string {
  const below = top + BAR_HEIGHT + 1
  const mark = goal === null ? null : xOf(goal, scale)
  return [
    text(LABELS_X, top + 12, '', name),
    ...(gateway === null ? [] : drawBar(gateway, { top, height: BAR_HEIGHT, kind: 'own' }, scale)),
    ...(nginx === null ? [] : drawBar(nginx, { top: below, height: NGINX_HEIGHT, kind: 'nginx' }, scale)),
    ...(mark === null ? [] : [`<line class="goal" x1="${mark}" y1="${top - 2}" x2="${mark}" y2="${below}"/>`]),
    drawValue(gateway, mark, { top, scale }),
  ].join('\n')
}

function drawBar(
  us: number,
  { top, height, kind }: { top: number; height: number; kind: 'own' | 'nginx' },
  scale: Scale,
): string[] {
  const end = Math.min(xOf(us, scale), scale.endX)
  const bar = `<rect class="${kind}" x="${BARS_X}" y="${top}" width="${(end - BARS_X).toFixed(1)}" height="${height}"/>`
  const cut = `<line class="cut" x1="${end - 14}" y1="${top + height + 2}" x2="${end - 8}" y2="${top - 2}"/>`
  return end < xOf(us, scale) ? [bar, cut] : [bar]
}

/** Behind its bar, and behind the mark of its goal where the two would overlap. */
function drawValue(us: number | null, mark: number | null, { top, scale }: { top: number; scale: Scale }): string {
  const end = us === null ? BARS_X : Math.min(xOf(us, scale), scale.endX)
  const isInTheWay = mark !== null && mark > end && mark < end + VALUES_WIDTH
  return text((isInTheWay ? mark : end) + VALUE_GAP, top + 11, 'value', us === null ? '–' : String(us))
}

function drawLegend(y: number): string[] {
  return [
    `<rect class="own" x="${LABELS_X}" y="${y - 10}" width="22" height="${BAR_HEIGHT - 3}"/>`,
    text(LABELS_X + 28, y, 'soft', 'gateway'),
    `<rect class="nginx" x="${LABELS_X + 100}" y="${y - 8}" width="22" height="${NGINX_HEIGHT}"/>`,
    text(LABELS_X + 128, y, 'soft', 'nginx before it'),
    `<line class="goal" x1="${LABELS_X + 240}" y1="${y - 12}" x2="${LABELS_X + 240}" y2="${y + 2}"/>`,
    text(LABELS_X + 248, y, 'soft', 'goal'),
  ]
}

function xOf(us: number, { usPerPixel }: Scale): number {
  return Number((BARS_X + us / usPerPixel).toFixed(1))
}

function text(x: number, y: number, kind: string, content: string): string {
  return `<text class="${kind}" x="${x}" y="${y}">${escapeText(content)}</text>`
}

function escapeText(content: string): string {
  return content.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
