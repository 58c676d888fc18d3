import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { promtoolParses, unknownLabels, unknownNames } from '../support/monitoring.ts'

interface Place {
  readonly x: number
  readonly y: number
  readonly w: number
  readonly h: number
}

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly datasource?: { readonly uid: string }
  readonly gridPos: Place
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string; readonly thresholds?: object } }
  readonly targets?: readonly { readonly refId: string; readonly expr: string; readonly legendFormat: string }[]
}

interface Dashboard {
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: unknown }[] }
  readonly annotations: { readonly list: readonly { readonly expr: string }[] }
  readonly panels: readonly Panel[]
}

const ROOT = join(import.meta.dirname, '../..')
const TEXT = readFileSync(join(ROOT, 'config/grafana/postern.json'), 'utf8')
const { templating, annotations, panels } = JSON.parse(TEXT) as Dashboard
const SHOWING = panels.filter(({ type }) => type !== 'row')
const EXPRESSIONS = SHOWING.flatMap(({ targets = [] }) => targets.map(({ expr }) => filled(expr)))
/** What every Grafana has. */
const TYPES = ['bargauge', 'row', 'stat', 'timeseries']
const COLUMNS = 24

suite('the dashboard', () => {
  test('has each panel once, in its place, without one above another', () => {
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
    assert.equal(new Set(panels.map(({ title }) => title)).size, panels.length)
    for (const { title, gridPos } of panels) {
      assert.ok(gridPos.x >= 0 && gridPos.x + gridPos.w <= COLUMNS, title)
      const above = panels.filter((other) => other.title !== title && overlap(other.gridPos, gridPos))
      assert.deepEqual(above, [], title)
    }
  })

  test('fills each line and can be read at 1280 pixels', () => {
    for (const y of new Set(panels.map(({ gridPos }) => gridPos.y))) {
      const line = panels.filter(({ gridPos }) => gridPos.y === y)
      const width = line.reduce((sum, { gridPos }) => sum + gridPos.w, 0)
      assert.equal(width, COLUMNS, line.map(({ title }) => title).join(', '))
    }
    for (const { type, title, gridPos } of SHOWING) assert.ok(gridPos.w >= (type === 'stat' ? 4 : 8), title)
  })

  test('needs no plugin, and takes its figures from the source that was chosen', () => {
    for (const { type, title } of panels) assert.ok(TYPES.includes(type), `${title}: ${type}`)
    for (const { title, datasource } of SHOWING) assert.equal(datasource?.uid, '${datasource}', title)
  })

  test('says of every panel what it shows, in which unit and from where on it is bad', () => {
    for (const { title, description, fieldConfig, targets = [] } of SHOWING) {
      assert.match(description ?? '', /\S.{8,}/, title)
      assert.match(fieldConfig?.defaults.unit ?? '', /^\w+$/, title)
      assert.ok(fieldConfig?.defaults.thresholds !== undefined, title)
      assert.ok(targets.length > 0, title)
      assert.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length, title)
    }
  })

  test('names runbooks that there are', () => {
    const named = [...TEXT.matchAll(/docs\/runbooks\/[\w-]+\.md/g)]
    assert.ok(named.length > 10)
    for (const [path] of named) assert.ok(existsSync(join(ROOT, path)), path)
  })

  test('chooses by variables that there are, and by each of them', () => {
    const names = templating.list.map(({ name }) => name)
    const used = [...TEXT.matchAll(/\$\{?([a-z]\w*)/g)].map(([, name]) => name)
    assert.deepEqual(new Set(used), new Set(names))
  })

  test('shows expressions that Prometheus reads, of metrics and labels that there are', async () => {
    const asked = [...EXPRESSIONS, ...annotations.list.map(({ expr }) => filled(expr))]
    assert.equal(await promtoolParses(asked), '')
    for (const expression of EXPRESSIONS) {
      assert.deepEqual(await unknownNames(expression), [], expression)
      assert.deepEqual(unknownLabels(expression), [], expression)
    }
  })

  test('names lines by labels that their expressions keep', () => {
    for (const { title, targets = [] } of SHOWING)
      for (const { expr, legendFormat } of targets)
        for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
          const kept = new RegExp(`\\bby \\([^)]*\\b${label}\\b`).test(expr) || !/\bby \(/.test(expr)
          assert.ok(kept && !/^(sum|max|min|avg)\(/.test(expr), `${title}: ${label}`)
        }
  })
})

/** With its variables as Grafana would fill them. */
function filled(expression: string): string {
  return expression.replaceAll('$__rate_interval', '5m').replaceAll(/\$\w+/g, '.*')
}

function overlap(one: Place, other: Place): boolean {
  const sideBySide = one.x + one.w <= other.x || other.x + other.w <= one.x
  const oneBelowTheOther = one.y + one.h <= other.y || other.y + other.h <= one.y
  return !sideBySide && !oneBelowTheOther
}
