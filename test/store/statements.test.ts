import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Database } from '../../src/store/database.ts'
import type { Statement } from '../../src/store/statement.ts'
import { openTestDatabase, openTestEmbedded } from '../support/database.ts'

type AnyStatement = Statement<readonly unknown[], unknown>

const root = join(import.meta.dirname, '../../src')

test('PostgreSQL understands every statement of the program', async (t) => {
  const { database } = await openTestDatabase(t)
  await prepareAll(database)
})

test('the embedded database understands every statement of the program', async (t) => {
  await prepareAll(await openTestEmbedded(t))
})

test('a statement is called as its constant is, so that whoever reads a metric finds it', async () => {
  for (const { label, name, key } of await findStatements()) {
    assert.equal(label, key.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase())
    assert.ok(Buffer.byteLength(name) <= 63, name)
  }
})

async function prepareAll(database: Database): Promise<void> {
  const statements = await findStatements()
  assert.ok(statements.length > 0)
  for (const { name, text, where } of statements) {
    await assert.doesNotReject(
      database.withConnection((connection) => connection.script(`prepare "${name}" as ${text}; deallocate "${name}"`)),
      where,
    )
  }
}

async function findStatements(): Promise<(AnyStatement & { key: string; where: string })[]> {
  const files = globSync('**/*-table.ts', { cwd: root }).sort()
  const modules = await Promise.all(
    files.map(async (file) => ({ file, exports: (await import(join(root, file))) as Record<string, unknown> })),
  )
  return modules.flatMap(({ file, exports }) =>
    Object.entries(exports).flatMap(([key, value]) =>
      isStatement(value) ? [{ ...value, key, where: `${file} ${key}` }] : [],
    ),
  )
}

function isStatement(value: unknown): value is AnyStatement {
  return typeof value === 'object' && value !== null && 'name' in value && 'text' in value
}
