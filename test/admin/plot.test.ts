import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bars, lines } from '../../src/admin/plot.ts'
import type { Plot } from '../../src/admin/plot.ts'
import { toText } from '../../src/web/html.ts'

const plotOf = (values: readonly (number | null)[], name = 'Signed in'): Plot => ({
  id: 'p',
  title: name,
  description: 'What is to be seen.',
  labels: values.map((_, at) => `${at}:00`),
  labelsTitle: 'Hour',
  series: [{ name, look: 'good', values }],
  show: String,
  tableTitle: 'As a table',
})

/** Numbers in attributes that place something. */
const places = (svg: string): number[] =>
  [...svg.matchAll(/\s(?:x|y|width|height|points)="([^"]*)"/g)].flatMap(([, text = '']) =>
    text.split(/[ ,]/).map(Number),
  )

test('a plot says in words and in a table what it draws', () => {
  const drawn = toText(bars(plotOf([1, 3, 0])))
  assert.match(drawn, /role="img" aria-labelledby="p-title p-desc"/)
  assert.match(drawn, /<desc id="p-desc">What is to be seen.<\/desc>/)
  assert.deepEqual(
    [...drawn.matchAll(/<td[^>]*>(\d+)<\/td>/g)].map(([, value]) => value),
    ['1', '3', '0'],
  )
  assert.equal([...drawn.matchAll(/<rect\s/g)].length, 2)
})

test('a line is broken where there is nothing to tell', () => {
  assert.equal([...toText(lines(plotOf([1, 2, null, 4, null]))).matchAll(/<polyline\s/g)].length, 2)
  assert.equal([...toText(lines(plotOf([null, null]))).matchAll(/<polyline\s/g)].length, 0)
})

test('whatever the values are, what is drawn lies within the picture, and names are text', () => {
  const value = fc.option(fc.double({ min: 0, max: 1e12, noNaN: true }))
  fc.assert(
    fc.property(fc.array(value, { maxLength: 60 }), fc.string(), (values, name) => {
      for (const draw of [bars, lines]) {
        const drawn = toText(draw(plotOf(values, name)))
        const [svg = ''] = /<svg[\s\S]*<\/svg>/.exec(drawn) ?? []
        for (const place of places(svg)) assert.ok(place >= 0 && place <= 720, `${place}`)
        assert.equal(/<(?!\/?(?:svg|title|desc|rect|polyline|line|text)\b)/.test(svg), false)
      }
    }),
    { examples: [[[Number.MIN_VALUE], 'almost nothing']] },
  )
})
