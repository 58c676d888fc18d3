import type { PolicyVersion } from '../administration/policy.ts'
import type { TextDifference } from '../policies/diff-sources.ts'
import { html } from '../web/html.ts'
import type { Html } from '../web/html.ts'
import { hiddenField } from '../web/field.ts'
import { consolePage } from './console-page.ts'
import type { ConsolePage } from './console-page.ts'
import { badge, dataTable, emptyState, fact, hrefOf, moment, pager } from './parts.ts'
import { fileNote } from './policy-parts.ts'
import { differenceView } from './policy-diff.ts'
import { textControl } from './user-fields.ts'

export interface PolicyVersionsPage extends Pick<ConsolePage, 'frame' | 'console'> {
  readonly versions: readonly PolicyVersion[]
  readonly inForce: number
  readonly after: string | null
  readonly isFirst: boolean
}

/** Who put what in force when, and why. */
export function policyVersionsPage({ frame, console, versions, inForce, after, isFirst }: PolicyVersionsPage): string {
  const { words } = frame
  const path = `${console.base}/policy/versions`
  const table = dataTable({
    caption: words.say('versions.caption'),
    columns: ['version', 'when', 'who']
      .map((name) => words.say(`versions.${name as 'version'}`))
      .concat(words.say('policy.reason')),
    empty: emptyState({ title: words.say('policy.none'), text: words.say('policy.none_text') }),
    rows: versions.map(({ version, applied_at: at, applied_by: by, reason }) => [
      html`<a href="${`${path}/${version}`}">${version}</a>
        ${version === inForce && badge('ok', words.say('versions.in_force'))}`,
      moment(words, at),
      by,
      reason,
    ]),
  })
  const body = html`${table} ${pager(words, { path, query: {}, after, isFirst })}`
  return consolePage({ frame, console, title: words.say('console.policy_versions'), body })
}

export interface PolicyVersionPage extends Pick<ConsolePage, 'frame' | 'console' | 'problem'> {
  readonly version: PolicyVersion
  readonly inForce: number
  readonly file: string | null
  /** The one it is compared with; null where there is none before it. */
  readonly from: number | null
  readonly difference: TextDifference | null
  /** Null for whoever may not apply, and for what is in force. */
  readonly rollBack: { readonly csrf: Html; readonly reason: string; readonly fault: string | null } | null
}

/** One version, what it changed, and the way back to it. */
export function policyVersionPage(model: PolicyVersionPage): string {
  const { frame, console, version, inForce, problem = null } = model
  const { words } = frame
  const title = words.say('versions.title', { version: String(version.version) })
  const crumbs = [
    { text: words.say('console.policy'), path: 'policy' },
    { text: words.say('console.policy_versions'), path: 'policy/versions' },
  ]
  const path = `${console.base}/policy/versions/${version.version}`
  const body = html`${fileNote(words, model.file)}
    ${version.version === inForce && html`<p>${badge('ok', words.say('versions.in_force'))}</p>`}
    <dl class="facts">
      ${fact(words.say('versions.when'), moment(words, version.applied_at))}
      ${fact(words.say('versions.who'), version.applied_by)} ${fact(words.say('policy.reason'), version.reason)}
    </dl>
    <p class="bar">
      <a class="button second" href="${hrefOf(`${console.base}/policy/try`, { version: String(version.version) })}"
        >${words.say('versions.as_draft')}</a
      >
      <a class="button second" href="${`${path}/file`}" download>${words.say('versions.download')}</a>
    </p>
    ${changes(model, path)} ${rollBackForm(model, path)}`
  return consolePage({ frame, console, title, crumbs, problem, body })
}

function changes({ frame: { words }, from, difference }: PolicyVersionPage, path: string): Html {
  if (from === null || difference === null) return html`<p>${words.say('versions.first')}</p>`
  return html`<section aria-labelledby="changes">
    <h2 id="changes">${words.say('versions.what_changed', { from: String(from) })}</h2>
    <form class="filter" method="get" action="${path}">
      ${textControl(words, { name: 'from', label: words.say('versions.compare'), value: String(from) })}
      <button type="submit" class="button second">${words.say('versions.compare_button')}</button>
    </form>
    ${differenceView(words, difference)}
  </section>`
}

function rollBackForm({ frame: { words }, rollBack, inForce }: PolicyVersionPage, path: string): Html | null {
  if (rollBack === null) return null
  const { csrf, reason, fault } = rollBack
  return html`<section aria-labelledby="roll-back">
    <h2 id="roll-back">${words.say('versions.roll_back')}</h2>
    <p>${words.say('versions.roll_back_hint')}</p>
    <form method="post" action="${`${path}/roll-back`}">
      ${csrf} ${hiddenField('expected', String(inForce))}
      ${textControl(words, {
        name: 'reason',
        label: words.say('try.reason'),
        hint: words.say('try.reason_hint'),
        value: reason,
        required: true,
        maxLength: 500,
        fault: fault ?? undefined,
      })}
      <button type="submit">${words.say('versions.roll_back')}</button>
    </form>
  </section>`
}
