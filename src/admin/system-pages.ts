import type { Detail, StatementTimes } from '../observe/detail.ts'
import type { Health } from '../observe/health.ts'
import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import type { Words } from '../words/words.ts'
import { consolePage } from './console-page.ts'
import type { ConsolePage } from './console-page.ts'
import { liveRegion } from './live-region.ts'
import { badge, dataTable, emptyState, fact } from './parts.ts'

type Around = Pick<ConsolePage, 'frame' | 'console'>

export interface SystemPage extends Around {
  readonly health: Health
  readonly detail: Detail
  readonly policyVersion: number
}

const MEBIBYTE = 1_048_576
const BADGES = { ok: 'ok', degraded: 'warn', failing: 'bad' } as const

/** How each part does, and how busy the program is. */
export function systemPage({ frame, console, health, detail, policyVersion }: SystemPage): string {
  const { words } = frame
  const body = html`${partsTable(words, health)} ${figures(words, detail, policyVersion)}
  ${statements(words, 'system.by_total', detail.statements.byTotal)}
  ${statements(words, 'system.by_p99', detail.statements.byP99)}`
  const live = liveRegion(console, { id: 'system', types: ['health'], body })
  return consolePage({ frame, console, title: words.say('console.system'), body: live, script: 'live' })
}

function partsTable(words: Words, { parts }: Health): Html {
  const caption = words.say('system.parts')
  return html`<h2>${caption}</h2>
    ${dataTable({
      caption,
      columns: [words.say('system.part'), words.say('system.state'), words.say('system.detail')],
      empty: emptyState({ title: caption, text: words.say('system.no_parts') }),
      rows: Object.entries(parts).map(([name, { status, detail }]) => [
        name,
        badge(BADGES[status], words.say(`system.${status}`)),
        detail ?? '–',
      ]),
    })}`
}

function figures(words: Words, detail: Detail, version: number): Html {
  const { pool, memory, eventLoop, passwords, processes } = detail
  const bytes = (value: number): string => `${words.number(Math.round(value / MEBIBYTE))} MiB`
  const lag = { p50: eventLoop.p50Seconds, p99: eventLoop.p99Seconds, most: eventLoop.maxSeconds }
  return html`<h2>${words.say('system.figures')}</h2>
    <p>${words.say('system.of_processes', { count: processes })}</p>
    <dl class="facts">
      ${fact(words.say('system.policy'), words.say('system.policy_said', { version }))}
      ${fact(words.say('system.pool'), words.say('system.pool_said', pool))}
      ${fact(
        words.say('system.memory'),
        words.say('system.memory_said', {
          used: bytes(memory.rssBytes),
          limit: bytes(memory.limitBytes),
          heap: bytes(memory.heapUsedBytes),
        }),
      )}
      ${fact(
        words.say('system.loop'),
        words.say('system.loop_said', { p50: ms(words, lag.p50), p99: ms(words, lag.p99), most: ms(words, lag.most) }),
      )}
      ${fact(words.say('system.passwords'), words.say('system.passwords_said', passwords))}
    </dl>`
}

function statements(words: Words, title: 'system.by_total' | 'system.by_p99', times: readonly StatementTimes[]): Html {
  const caption = words.say(title)
  const columns = [
    words.say('system.statement'),
    { text: words.say('system.count'), isNumber: true },
    { text: words.say('system.total'), isNumber: true },
    { text: words.say('system.p99'), isNumber: true },
  ]
  return html`<h2>${caption}</h2>
    ${dataTable({
      caption,
      columns,
      empty: emptyState({ title: caption, text: words.say('system.no_statements') }),
      rows: times.map(({ statement, count, totalSeconds, p99Seconds }) => [
        html`<code>${statement}</code>`,
        words.number(count),
        ms(words, totalSeconds),
        p99Seconds === null ? words.say('system.beyond') : ms(words, p99Seconds),
      ]),
    })}`
}

function ms(words: Words, seconds: number): string {
  return `${words.number(Math.round(seconds * 10_000) / 10)} ms`
}
