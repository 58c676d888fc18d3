import assert from 'node:assert/strict'
import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { countStatuses, openAccessLog } from '../../bench/access-log.ts'
import { temporaryDirectory } from '../support/directories.ts'

test('answers about one page are counted by status, whatever a client wrote into its request', () => {
  const lines = [
    '127.0.0.1 [2026-01-01T00:00:00+00:00] GET "app.example.com/a" HTTP/1.1 200 5 0.001 "-"',
    '127.0.0.1 [2026-01-01T00:00:00+00:00] GET "app.example.com/ 401 5" HTTP/1.1 200 5 0.001 "agent 401 5"',
    '127.0.0.1 [2026-01-01T00:00:00+00:00] GET "app.example.com/a" HTTP/2.0 499 0 0.001 "\\x22 HTTP/1.1 401 0"',
  ]
  const expected = new Map([
    [200, 1],
    [499, 1],
  ])
  assert.deepEqual(countStatuses(lines.join('\n'), 'app.example.com/a'), expected)
})

test('the log begins anew only once nothing more is written to it', async (t) => {
  const path = join(await temporaryDirectory(t), 'log')
  writeFileSync(path, '')
  const log = openAccessLog(path)
  let written = 0
  const late = setInterval(() => {
    appendFileSync(path, '"app/a" HTTP/1.1 401 0\n')
    if (++written === 10) clearInterval(late)
  }, 20)
  await log.restart()
  assert.equal(written, 10)
  appendFileSync(path, '"app/a" HTTP/1.1 200 0\n')
  assert.deepEqual(log.statuses('app/a'), new Map([[200, 1]]))
})
