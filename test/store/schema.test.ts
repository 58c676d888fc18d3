import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { SCHEMA_FILE, dumpSchema } from '../../scripts/dump-schema.ts'
import { openTestDatabase } from '../support/database.ts'

test('schema.sql is what all migrations make', async (t) => {
  const { url } = await openTestDatabase(t)
  assert.equal(readFileSync(SCHEMA_FILE, 'utf8'), dumpSchema(url), 'run node scripts/dump-schema.ts')
})
