import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { readWrkReport, runWrk, TOKEN_PLACE } from '../../bench/wrk.ts'
import { temporaryDirectory } from '../support/directories.ts'

const TOKENS = 500_000
const HAS_WRK = spawnSync('wrk').error === undefined

test('the report is the last line that wrk prints', () => {
  const report = '{"requests":10,"durationUs":2000,"p50Us":3,"p99Us":4,"p999Us":5,"broken":0}'
  const read = readWrkReport(`Running 1s test\n  10 requests in 1.00s\n${report}\n`)
  assert.deepEqual(read, { requests: 10, durationUs: 2_000, p50Us: 3, p99Us: 4, p999Us: 5, broken: 0 })
  assert.throws(() => readWrkReport('unable to connect\n'), /no report/)
})

test(
  'tokens take turns from a given place on, begin anew at the end, and none comes early',
  { skip: !HAS_WRK },
  async (t) => {
    const seen: string[] = []
    const server = createServer((request, response) => {
      seen.push(request.headers.cookie ?? '')
      response.end()
    }).listen(0, '127.0.0.1')
    t.after(() => server.close())
    await once(server, 'listening')
    const file = join(await temporaryDirectory(t), 'tokens')
    writeFileSync(file, Array.from({ length: TOKENS }, (_, place) => place).join('\n'))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const headers = { Cookie: `a=b; session=${TOKEN_PLACE}; c=d` }
    const from = TOKENS - 200
    const run = await runWrk({ url, headers, turns: { file, from }, seconds: 1, signal: t.signal })
    assert.ok(run.requests > 1_000 && seen.length >= run.requests)
    const turns = seen.map((cookie) => (Number(/^a=b; session=(\d+); c=d$/.exec(cookie)?.[1]) + TOKENS - from) % TOKENS)
    assert.equal(new Set(turns).size, seen.length)
    // wrk takes the first turn itself, to look at the request.
    assert.deepEqual([Math.min(...turns), Math.max(...turns)], [1, seen.length])
  },
)
