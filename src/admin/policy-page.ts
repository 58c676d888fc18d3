import type { PolicyVersion } from '../administration/policy.ts'
import type { CompiledApp } from '../policies/compile.ts'
import { html } from '../web/html.ts'
import type { Html, Value } from '../web/html.ts'
import type { Words } from '../words/words.ts'
import { consolePage } from './console-page.ts'
import type { ConsolePage } from './console-page.ts'
import { dataTable, emptyState, fact, moment, pager } from './parts.ts'
import type { MonitorCounts } from './policy-counts.ts'
import { appHref, fileNote } from './policy-parts.ts'
import { textControl } from './user-fields.ts'

export interface PolicyPage extends Pick<ConsolePage, 'frame' | 'console'> {
  /** Null before any was applied. */
  readonly version: PolicyVersion | null
  /** Path of the file that rules, or null. */
  readonly file: string | null
  readonly sums: { readonly apps: number; readonly rules: number }
  /** One page of those that were looked for. */
  readonly apps: readonly CompiledApp[]
  readonly counts: MonitorCounts
  readonly query: { readonly app: string }
  readonly after: string | null
  readonly isFirst: boolean
}

/** The policy in force: since when, and its apps. */
export function policyPage(model: PolicyPage): string {
  const { frame, console, version, file } = model
  const { words } = frame
  const title = words.say('console.policy')
  const body =
    version === null
      ? emptyState({
          title: words.say('policy.none'),
          text: words.say('policy.none_text'),
          action: { href: `${console.base}/policy/try`, text: words.say('console.policy_try') },
        })
      : html`${versionFacts(model, version)} ${finder(model)} ${appTable(model)}
        ${pager(words, { path: `${console.base}/policy`, ...model })}`
  return consolePage({ frame, console, title, body: html`${fileNote(words, file)} ${body}` })
}

function versionFacts({ frame: { words }, console: { base }, sums }: PolicyPage, version: PolicyVersion): Html {
  const name = words.say('policy.version', { version: String(version.version) })
  const link = html`<a href="${`${base}/policy/versions/${version.version}`}">${name}</a>`
  const since = words.parts<'policy.version_since', Value>('policy.version_since', {
    version: link,
    time: moment(words, version.applied_at),
  })
  return html`<dl class="facts">
      ${fact(words.say('policy.in_force'), since)} ${fact(words.say('policy.applied_by'), version.applied_by)}
      ${fact(words.say('policy.reason'), version.reason)} ${fact(words.say('policy.apps'), words.number(sums.apps))}
      ${fact(words.say('policy.rules'), words.number(sums.rules))}
    </dl>
    <p class="bar">
      <a class="button second" href="${`${base}/policy/explain`}">${words.say('policy.explain_link')}</a>
      <a class="button second" href="${`${base}/policy/try`}">${words.say('console.policy_try')}</a>
    </p>`
}

function finder({ frame: { words }, console: { base }, query }: PolicyPage): Html {
  return html`<form class="filter" method="get" action="${`${base}/policy`}">
    ${textControl(words, { name: 'app', label: words.say('policy.find_app'), type: 'search', value: query.app })}
    <button type="submit">${words.say('policy.find')}</button>
  </form>`
}

function appTable({ frame: { words }, console: { base }, apps, counts }: PolicyPage): Html {
  return dataTable({
    caption: words.say('policy.apps'),
    columns: [
      words.say('policy.app'),
      words.say('policy.hosts'),
      { text: words.say('policy.rules'), isNumber: true },
      { text: words.say('policy.watching'), isNumber: true },
      { text: words.say('policy.would_refuse'), isNumber: true },
    ],
    empty: emptyState({ title: words.say('policy.no_apps'), text: words.say('policy.no_apps_text') }),
    rows: apps.map((app) => [
      html`<a href="${appHref(base, app)}">${app.name}</a>`,
      app.hosts.join(', '),
      words.number(app.rules.length),
      words.number(watchingOf(app)),
      watchingOf(app) === 0 ? '–' : words.number(counts.ofApp(app.name)),
    ]),
  })
}

function watchingOf({ rules }: CompiledApp): number {
  return rules.filter(({ part }) => part === 'watches').length
}

/** What a rule that only watches has counted, decision by decision. */
export function countsText(words: Words, said: readonly (readonly [string, number])[]): string {
  return said.map(([decision, count]) => words.say('policy.counts', { decision, count })).join(', ')
}
