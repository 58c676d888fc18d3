import type { CompiledRule } from '../policies/compile-rule.ts'
import type { CompiledApp } from '../policies/compile.ts'
import { ruleWords } from '../policies/decision-words.ts'
import { html } from '../web/html.ts'
import type { Html, Value } from '../web/html.ts'
import { consolePage } from './console-page.ts'
import type { ConsolePage } from './console-page.ts'
import { badge, dataTable, emptyState, fact, hrefOf, pager } from './parts.ts'
import type { MonitorCounts } from './policy-counts.ts'
import { countsText } from './policy-page.ts'
import { appHref, asWritten, fileNote, outcomeText } from './policy-parts.ts'

export interface PolicyAppPage extends Pick<ConsolePage, 'frame' | 'console'> {
  readonly app: CompiledApp
  readonly file: string | null
  readonly counts: MonitorCounts
  /** One page of its rules. */
  readonly rules: readonly CompiledRule[]
  readonly after: string | null
  readonly isFirst: boolean
}

/** One app of the policy and its rules, in their order. */
export function policyAppPage(model: PolicyAppPage): string {
  const { frame, console, app, file } = model
  const { words } = frame
  const crumbs = [{ text: words.say('console.policy'), path: 'policy' }]
  const explain = hrefOf(`${console.base}/policy/explain`, { url: addressOf(app) })
  const body = html`${fileNote(words, file)} ${factsOf(model)}
    <p class="bar"><a class="button second" href="${explain}">${words.say('policy.explain_link')}</a></p>
    <h2>${words.say('policy.rules')}</h2>
    <p>${words.say('policy.rules_hint')}</p>
    ${app.watches && html`<p>${words.say('policy.counted_hint')}</p>`} ${ruleTable(model)}
    ${pager(words, { ...model, path: appHref(console.base, app), query: {} })}`
  return consolePage({ frame, console, title: words.say('policy.app_title', { app: app.name }), crumbs, body })
}

/** Of the root of its first host; of one that stands for many only so much as is known. */
function addressOf(app: CompiledApp): string {
  const host = app.hosts.find((each) => !/^[*{]/.test(each)) ?? app.hosts[0] ?? ''
  return `${app.origin(host)}/`
}

function factsOf({ frame: { words }, app }: PolicyAppPage): Html {
  const { card } = app.source
  return html`<dl class="facts">
    ${card?.title !== undefined && card.title !== null && fact(words.say('policy.title'), card.title)}
    ${fact(words.say('policy.hosts'), app.hosts.join(', '))}
    ${fact(words.say('policy.address'), asWritten(addressOf(app)))}
    ${fact(words.say('policy.outage'), words.say(`policy.outage_${app.outage}`))}
    ${fact(words.say('policy.basic'), words.say(`policy.basic_${app.basic ?? 'none'}`))}
    ${fact(words.say('policy.rules'), words.number(app.rules.length))}
  </dl>`
}

function ruleTable({ frame: { words }, app, rules, counts }: PolicyAppPage): Html {
  return dataTable({
    caption: words.say('policy.rules'),
    columns: [
      { text: words.say('policy.number'), isNumber: true },
      { text: words.say('policy.line'), isNumber: true },
      words.say('policy.rule'),
      ...(app.watches ? [words.say('policy.would_refuse')] : []),
    ],
    empty: emptyState({ title: words.say('policy.no_rules'), text: words.say('policy.no_rules_text') }),
    rows: rows(),
  })

  function rows(): Value[][] {
    return rules.map(({ rule, part }) => [
      String(rule.number),
      String(rule.source.line),
      html`${asWritten(ruleWords(rule.source))} ${part === 'watches' && badge('plain', words.say('policy.monitor'))}`,
      ...(app.watches ? [part === 'watches' ? counted(rule.number) : '–'] : []),
    ])
  }

  function counted(number: number): string {
    const found = [...counts.of(app.name, number)].map(([kind, count]) => [outcomeText(words, kind), count] as const)
    return found.length === 0 ? words.number(0) : countsText(words, found)
  }
}
