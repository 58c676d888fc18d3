import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readWrkReport } from '../../bench/wrk.ts'

test('the report is the last line that wrk prints', () => {
  const report = '{"requests":10,"durationUs":2000,"p50Us":3,"p99Us":4,"broken":0}'
  const read = readWrkReport(`Running 1s test\n  10 requests in 1.00s\n${report}\n`)
  assert.deepEqual(read, { requests: 10, durationUs: 2_000, p50Us: 3, p99Us: 4, broken: 0 })
  assert.throws(() => readWrkReport('unable to connect\n'), /no report/)
})
