import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CASES, DIRECT_CASES } from '../../bench/cases.ts'
import { drawPlot } from '../../bench/plot.ts'
import type { Report } from '../../bench/report.ts'
import type { VerifyReport } from '../../bench/verify.ts'

const SPEED = { rps: 1, p50_ms: 1, p99_ms: 1 }
const REPORT: Report = {
  machine: { cpu: 'A & B <C>', cores: 2, node: '24', nginx: '1', postgres: '15' },
  load_average: { before: 1, after: 2 },
  verify: null,
  policies: null,
  sessions: null,
  pages: null,
  scale: null,
}

function verifyReport(gateway: number | null): VerifyReport {
  const rows = CASES.map(({ name }, place) => {
    return { case: name, gateway_cpu_us: gateway, nginx_cpu_us: 10 + place, ...SPEED, p999_ms: 1, rss_mb: 1 }
  })
  const direct = DIRECT_CASES.map(({ name }) => ({ case: name, gateway_cpu_us: gateway, ...SPEED }))
  return { rows, direct, goals: [], fairness: [], sign_in: [], statements: [] }
}

/** Elements and texts of a document. @throws AssertionError when it is not well-formed */
function parse(xml: string): { elements: string[]; texts: string[] } {
  const open: string[] = []
  const found = { elements: [] as string[], texts: [] as string[] }
  const token = /<(\/?)([a-z]+)((?:\s+[\w:-]+="[^"<&]*")*)\s*(\/?)>|([^<]+)/gy
  while (token.lastIndex < xml.length) {
    const at = token.lastIndex
    const [whole, isEnd, name = '', , isEmpty, text] = token.exec(xml) ?? assert.fail(xml.slice(at, at + 80))
    if (text !== undefined) {
      assert.doesNotMatch(text, /&(?!#\d+;)|>/, text)
      found.texts.push(text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code))))
    } else if (isEnd) assert.equal(open.pop(), name, whole)
    else {
      found.elements.push(name)
      if (!isEmpty) open.push(name)
    }
  }
  assert.deepEqual(open, [])
  return found
}

test('the plot is one well-formed document that names every case, with text as text', () => {
  const { elements, texts } = parse(drawPlot(REPORT, verifyReport(12.3), '2026-01-01'))
  assert.equal(elements[0], 'svg')
  assert.equal(elements.filter((name) => name === 'svg').length, 1)
  for (const { name } of [...CASES, ...DIRECT_CASES]) assert.ok(texts.includes(name), name)
  assert.ok(texts.some((text) => text.includes('A & B <C>')))
  assert.equal(texts.filter((text) => text === '12.3').length, CASES.length + DIRECT_CASES.length)
})

test('every bar stays on the paper, however long it would be', () => {
  const report = verifyReport(10)
  const [first, ...others] = report.rows
  assert.ok(first !== undefined)
  const svg = drawPlot(REPORT, { ...report, rows: [{ ...first, gateway_cpu_us: 5_000 }, ...others] }, '2026-01-01')
  const ends = [...svg.matchAll(/<rect class="(?:own|nginx)" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"/g)]
  assert.ok(ends.length > CASES.length)
  for (const [bar, x, width] of ends) assert.ok(Number(x) + Number(width) < 800, bar)
  assert.ok(parse(svg).texts.includes('5000'))
})

test('what is not known is drawn as a dash', () => {
  const { texts } = parse(drawPlot(REPORT, verifyReport(null), '2026-01-01'))
  assert.equal(texts.filter((text) => text === '–').length, CASES.length + DIRECT_CASES.length)
})
