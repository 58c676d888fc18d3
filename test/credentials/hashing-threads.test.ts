import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { getPriority } from 'node:os'
import { test } from 'node:test'
import { hashWhenOthersRest } from '../../src/credentials/hashing-threads.ts'

test(
  'the threads that hash get what others leave, the one that answers does not',
  { skip: process.platform !== 'linux' },
  async () => {
    // The pool begins with its first work.
    await readFile(import.meta.filename)
    assert.ok(hashWhenOthersRest() > 0)
    assert.equal(getPriority(process.pid), 0)
  },
)
