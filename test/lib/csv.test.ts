import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readCsv, readCsvText, writeCsvRow } from '../../src/lib/csv.ts'

const CASES: readonly (readonly [name: string, text: string, rows: readonly (readonly [number, ...string[]])[]])[] = [
  [
    'cells and rows, by LF or CRLF',
    'a,b\r\nc,d\ne,f',
    [
      [1, 'a', 'b'],
      [2, 'c', 'd'],
      [3, 'e', 'f'],
    ],
  ],
  [
    'empty cells, and no empty lines',
    'a,,\n\n,b,\r\n\r\n',
    [
      [1, 'a', '', ''],
      [3, '', 'b', ''],
    ],
  ],
  [
    'quotes around commas, breaks and quotes',
    '"a,b","c\r\nd","e""f"\ng,h,i',
    [
      [1, 'a,b', 'c\r\nd', 'e"f'],
      [3, 'g', 'h', 'i'],
    ],
  ],
  ['an empty quoted cell, and one of quotes alone', '"",""""""', [[1, '', '""']]],
  ['a byte order mark', '\ufeffa,b', [[1, 'a', 'b']]],
  ['a carriage return inside a cell', 'a\rb,c', [[1, 'a\rb', 'c']]],
]

for (const [name, text, rows] of CASES) {
  test(`CSV is read with ${name}`, () => {
    const read = [...readCsv(text)].map((row) => ('cells' in row ? [row.line, ...row.cells] : row))
    assert.deepEqual(read, rows)
  })
}

test('a quote that can not stand where it does spoils its own row alone', () => {
  for (const row of ['a"b,c', '"a"b,c', '"a""b" ,c', 'c,"never ends']) {
    const read = [...readCsv(`x,y\n${row}\nz,w`)]
    assert.deepEqual(read[0], { line: 1, cells: ['x', 'y'] }, row)
    assert.ok(read[1] !== undefined && 'sentence' in read[1] && read[1].line === 2, row)
    assert.deepEqual(read[2], { line: 3, cells: ['z', 'w'] }, row)
  }
})

test('ADM-11: what is written is read again, whatever it holds, and no cell is a formula', () => {
  const rows = fc.array(fc.array(fc.string({ unit: 'binary', maxLength: 12 }), { minLength: 2, maxLength: 4 }))
  const tricky = fc.array(
    fc.array(fc.constantFrom('=1+1', "'=x", '"', ',', '\r\n', '-', "'", '@a', ' b ', '\t=1', '\r-1', '\n@'), {
      minLength: 2,
    }),
  )
  fc.assert(
    fc.property(fc.oneof(rows, tricky), (cells) => {
      const read = [...readCsv(cells.map(writeCsvRow).join('\r\n'))]
      assert.deepEqual(
        read.map((row) => ('cells' in row ? row.cells.map(readCsvText) : row)),
        cells,
      )
      for (const row of read) if ('cells' in row) assert.ok(row.cells.every((cell) => !/^[=+\-@\t\r\n]/.test(cell)))
    }),
  )
})

test('any text at all is read to its end, with lines that go up', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', '\ufeff') }), (text) => {
      const lines = [...readCsv(text)].map(({ line }) => line)
      assert.deepEqual(
        lines,
        [...new Set(lines)].toSorted((one, other) => one - other),
      )
    }),
  )
})
