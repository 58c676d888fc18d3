import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { readHeader, writeHeader } from '../../src/backup/backup-header.ts'
import { readRecords } from '../../src/backup/read-records.ts'
import { OperatorError } from '../../src/errors.ts'

const BEGIN = { kind: 'begin', migrations: [] }
const ROW = ['1']
const MANY = Array.from({ length: 2_000 }, () => ROW)
const FACTS = { program: '1.2.3', schema: 1, created: '2026-11-23T08:00:00.000Z', database: '0123456789abcdef' }

test('what somebody with the passphrase wrote is taken as a backup would have it, and no other way', async () => {
  const users = tableOf('users', [ROW])
  assert.equal(await rowsRead([BEGIN, ...users.lines, endOf(users)]), 1)
  const sessions = tableOf('sessions', [ROW])
  const escaping = tableOf('\u001b[2J', [ROW])
  for (const [lines, what] of [
    [[BEGIN, ...users.lines, ...users.lines, endOf(users, users)], /users twice/],
    [[BEGIN, ...users.lines, endOf(users), ...MANY], /rows of no table/],
    [[BEGIN, ...users.lines, endOf(users), ROW], /rows of no table/],
    [[BEGIN, ROW, ...users.lines, endOf(users)], /rows of no table/],
    [[BEGIN, ...sessions.lines, endOf(sessions)], /a table that none has/],
    [[BEGIN, ...escaping.lines, endOf(escaping)], /a table that none has/],
    [[BEGIN, ...users.lines, endOf({ ...users, rows: 2 })], /its own sums/],
  ] as const)
    await assert.rejects(rowsRead(lines), what)
})

test('a line that no database takes is not gathered in memory', async () => {
  const state = { given: 0 }
  const endless = async function* (): AsyncGenerator<Buffer> {
    const part = Buffer.alloc(1_048_576, '[')
    for (; state.given < 300; state.given++) yield part
  }
  await assert.rejects(readRecords(endless()).next(), /no database takes/)
  assert.ok(state.given < 260, `${state.given} MiB were read`)
})

test('the beginning of a backup says nothing that a terminal obeys', () => {
  assert.deepEqual(readHeader(writeHeader(FACTS).bytes).facts, FACTS)
  for (const wrong of [
    { program: '1\u001b[2J' },
    { created: '2026-11-23 (\u001b[2J)' },
    { database: '\u009b2J' },
    { program: '' },
  ]) {
    const { bytes } = writeHeader({ ...FACTS, ...wrong })
    assert.throws(() => readHeader(bytes), OperatorError)
  }
})

interface Made {
  readonly table: string
  readonly rows: number
  readonly sha256: string
  readonly lines: readonly unknown[]
}

function tableOf(table: string, rows: readonly unknown[]): Made {
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
  const sha256 = createHash('sha256').update(text).digest('hex')
  return { table, rows: rows.length, sha256, lines: [{ kind: 'table', table, columns: ['id'] }, ...rows] }
}

function endOf(...tables: readonly Made[]): object {
  return { kind: 'end', tables: tables.map(({ table, rows, sha256 }) => ({ table, rows, sha256 })), sequences: [] }
}

async function rowsRead(lines: readonly unknown[]): Promise<number> {
  const text = async function* (): AsyncGenerator<Buffer> {
    yield Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  }
  let rows = 0
  for await (const record of readRecords(text())) if (record.kind === 'rows') rows += record.lines.length
  return rows
}
