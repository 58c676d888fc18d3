import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import fc from 'fast-check'
import { contrast, READABLE, shadesOn } from '../../src/lib/colour.ts'
import { GROUNDS } from '../../src/web/open-look.ts'

const colour = fc.integer({ min: 0, max: 0xff_ff_ff }).map((number) => `#${number.toString(16).padStart(6, '0')}`)

test('the contrast of two colours is that of WCAG', () => {
  assert.equal(contrast('#000000', '#ffffff'), 21)
  assert.equal(contrast('#777777', '#777777'), 1)
  assert.equal(contrast('#767676', '#ffffff').toFixed(2), '4.54')
})

test('whatever colour is chosen, its shades can be read on every ground of the pages, and texts on the shades', () => {
  fc.assert(
    fc.property(colour, fc.constantFrom(...Object.values(GROUNDS)), (chosen, grounds) => {
      const { accent, strong, on } = shadesOn(chosen, grounds)
      for (const shade of [accent, strong]) {
        for (const other of [...grounds, on]) assert.ok(contrast(shade, other) >= READABLE, `${shade} on ${other}`)
      }
    }),
    { numRuns: 2_000 },
  )
})

test('a colour that can be read stays as it is', () => {
  assert.equal(shadesOn('#17534e', GROUNDS.light).accent, '#17534e')
  assert.notEqual(shadesOn('#ffee00', GROUNDS.light).accent, '#ffee00')
  assert.equal(shadesOn('#ffee00', GROUNDS.dark).accent, '#ffee00')
})

test('the grounds are those of the style sheet', () => {
  const sheet = readFileSync(new URL('../../src/web/assets/postern.css', import.meta.url), 'utf8')
  const valuesOf = (name: string): string[] =>
    [...sheet.matchAll(new RegExp(`--${name}: (#[0-9a-f]{6});`, 'g'))].map(([, value = '']) => value)
  const [light, dark] = [0, 1].map((at) => ['ground', 'sheet', 'line'].map((name) => valuesOf(name)[at]))
  assert.deepEqual({ light, dark }, GROUNDS)
})
