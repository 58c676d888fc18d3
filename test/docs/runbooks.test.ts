import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { EVENT_TYPES } from '../../src/audit/events.ts'
import { SECRETS } from '../../src/config/secrets.ts'
import { SETTINGS } from '../../src/config/settings.ts'
import { createMetrics } from '../../src/observe/metrics.ts'
import { createOpsApp } from '../../src/portal/app.ts'
import { readSources } from '../support/architecture.ts'
import { createCommandLookup } from '../support/cli-help.ts'
import {
  knownSeries,
  metricOfSeries,
  pageOf,
  promtoolParses,
  readAlerts,
  RUNBOOKS,
  unknownNames,
} from '../support/monitoring.ts'

interface Page {
  readonly name: string
  readonly text: string
  /** Code in running text, and the lines of blocks in a shell's language. */
  readonly code: readonly string[]
  readonly expressions: readonly string[]
}

const HEADINGS = ['What people notice', 'What it means', 'Look first', 'Mend', 'Afterwards']
const PAGES = readdirSync(RUNBOOKS)
  .filter((name) => name !== 'README.md')
  .map((name) => readPage(name.replace(/\.md$/, '')))
const INDEX = readFileSync(join(RUNBOOKS, 'README.md'), 'utf8')

suite('the runbooks', () => {
  test('are one for each alert, and each stands in the list with its severities', () => {
    const alerts = [...new Set(readAlerts().map(({ alert }) => alert))]
    assert.deepEqual(PAGES.map(({ name }) => name).sort(), alerts.map(pageOf).sort())
    for (const alert of alerts) {
      const severities = readAlerts().flatMap((each) => (each.alert === alert ? [each.labels['severity']] : []))
      assert.ok(INDEX.includes(`\n| [${alert}](${pageOf(alert)}.md) | ${severities.join(', ')} | `), alert)
    }
  })

  test('have all the same form, and say something under each heading', () => {
    for (const { name, text } of PAGES) {
      const [title, ...sections] = text.split(/^## /m)
      assert.match(title ?? '', /^# Postern\w+\n\n$/, name)
      assert.equal(pageOf(title?.slice(2).trim() ?? ''), name)
      assert.deepEqual(
        sections.map((section) => section.split('\n', 1)[0]),
        HEADINGS,
        name,
      )
      for (const section of sections) assert.match(section, /\n\n\S[^]*\S\n/, name)
    }
  })

  test('name commands and options that there are', async () => {
    const lookup = createCommandLookup()
    const lines = PAGES.flatMap(({ code }) => code).filter((line) => line.startsWith('postern '))
    assert.ok(lines.length > 50)
    const mistakes: string[] = []
    for (const line of lines) mistakes.push(...(await lookup.mistakesOf(line.slice('postern '.length))))
    assert.deepEqual(mistakes, [])
  })

  test('name audit events, settings and log lines that there are', () => {
    const settings = new Set<string>([...Object.values(SETTINGS), ...Object.values(SECRETS)].map(({ name }) => name))
    const sources = readSources(join(import.meta.dirname, '../../src')).map(({ text }) => text.replaceAll("\\'", "'"))
    for (const { name, text } of PAGES) {
      for (const [, type = ''] of text.matchAll(/--type (\w+)/g)) assert.ok(Object.hasOwn(EVENT_TYPES, type), type)
      for (const [setting] of text.matchAll(/POSTERN_[A-Z_]+/g)) assert.ok(settings.has(setting), `${name}: ${setting}`)
      for (const message of loggedIn(text)) {
        assert.ok(
          sources.some((source) => source.includes(message)),
          `${name}: ${message}`,
        )
      }
    }
  })

  test('name routes of the ops listener that there are', async (t) => {
    const ops = createOpsApp(createMetrics(), {})
    t.after(() => ops.close())
    for (const { name, code } of PAGES) {
      const spans = code.map((line) => /127\.0\.0\.1:9082(\/\S*)/.exec(line)?.[1] ?? /^\/[a-z/]+$/.exec(line)?.[0])
      for (const url of spans.filter((span) => span !== undefined))
        assert.ok(ops.hasRoute({ method: 'GET', url }), `${name}: ${url}`)
    }
  })

  test('show expressions that Prometheus reads, of metrics that there are', async () => {
    const expressions = PAGES.flatMap((page) => page.expressions)
    assert.equal(await promtoolParses(expressions), '')
    for (const expression of expressions) assert.deepEqual(await unknownNames(expression), [], expression)
    const metrics = new Set([...(await knownSeries())].map(metricOfSeries))
    for (const { name, code } of PAGES)
      for (const [found] of code.join(' ').matchAll(/\b(?:postern|process|nodejs)_[a-z_]+/g))
        assert.ok(metrics.has(metricOfSeries(found)), `${name}: ${found}`)
  })

  test('link to pages that there are', () => {
    for (const { name, text } of PAGES)
      for (const [, target = ''] of text.matchAll(/\]\(([^)#]+)[^)]*\)/g))
        assert.ok(existsSync(join(RUNBOOKS, target)), `${name}: ${target}`)
  })
})

test('a command that is not there, an option too many and a word too few are noticed', async () => {
  const { mistakesOf } = createCommandLookup()
  assert.equal((await mistakesOf('audit burn')).length, 1)
  assert.equal((await mistakesOf('attempts list --colour red')).length, 1)
  assert.equal((await mistakesOf('policy rollback')).length, 1)
  assert.deepEqual(await mistakesOf('policy rollback 7 --reason "two words"'), [])
})

function readPage(name: string): Page {
  const text = readFileSync(join(RUNBOOKS, `${name}.md`), 'utf8')
  const blocks = [...text.matchAll(/^```(\w+)\n([^]*?)^```$/gm)]
  const linesOf = (language: string): string[] =>
    blocks.flatMap(([, found, body = '']) => (found === language ? body.trim().split('\n') : []))
  const running = text.replaceAll(/^```[^]*?^```$/gm, '').replaceAll(/\s+/g, ' ')
  const spans = [...running.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span)
  const shell = linesOf('sh').map((line) => line.replace(/\s+#.*/, ''))
  return { name, text, code: [...spans, ...shell], expressions: linesOf('promql') }
}

/** What a page says that the log has. */
function loggedIn(text: string): string[] {
  const paragraphs = text.split('\n\n').filter((paragraph) => /^In the log\b/.test(paragraph))
  return paragraphs.flatMap((paragraph) => {
    const spans = [...paragraph.replaceAll(/\s+/g, ' ').matchAll(/`([^`]+)`/g)].map(([, span = '']) => span)
    return spans.filter((span) => span.includes(' '))
  })
}
