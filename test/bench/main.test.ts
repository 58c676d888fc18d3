import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { CASES, DIRECT_CASES } from '../../bench/cases.ts'
import type { Report } from '../../bench/report.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { IS_LONG } from '../support/long.ts'

const MAIN = join(import.meta.dirname, '../../bench/main.ts')
const LONG = IS_LONG && spawnSync('wrk').error === undefined

function bench(args: readonly string[], path = process.env['PATH']) {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', env: { ...process.env, PATH: path } })
}

test('a machine without wrk is told in one sentence what to install', async (t) => {
  const { status, stdout, stderr } = bench([], await temporaryDirectory(t))
  assert.equal(status, 1)
  assert.equal(stdout, '')
  assert.match(stderr, /^The bench needs wrk[^\n]*apt-get install wrk[^\n]*\n$/)
})

test('what one suite needs is not asked for by another', async (t) => {
  const { status, stderr } = bench(['sessions'], await temporaryDirectory(t))
  assert.equal(status, 1)
  assert.match(stderr, /^The bench needs redis-server[^\n]*\n$/)
  assert.doesNotMatch(stderr, /wrk/)
})

test('wrong use of the bench ends with 2 and starts nothing', () => {
  const { status, stdout, stderr } = bench(['--round', '1'])
  assert.equal(status, 2)
  assert.equal(stdout, '')
  assert.match(stderr, /--round/)
})

test('a run prints exactly one JSON document and leaves nothing behind', { skip: !LONG }, () => {
  const { status, stdout, stderr } = bench(['--rounds', '1', '--seconds', '1', '--json'])
  assert.equal(status, 0, stderr)
  const { machine, verify, sessions } = JSON.parse(stdout) as Report
  assert.deepEqual(Object.keys(machine), ['cpu', 'cores', 'node', 'nginx', 'postgres'])
  const columns = ['case', 'gateway_cpu_us', 'nginx_cpu_us', 'rps', 'p50_ms', 'p99_ms', 'p999_ms', 'rss_mb']
  for (const row of verify?.rows ?? []) assert.deepEqual(Object.keys(row), columns)
  assert.deepEqual([verify?.rows.length, verify?.direct.length], [CASES.length, DIRECT_CASES.length])
  assert.deepEqual([verify?.goals.length, verify?.fairness.length], [4, 3])
  assert.deepEqual([verify?.sign_in.length, verify?.statements.length], [2, 7])
  for (const each of sessions ?? []) assert.deepEqual(Object.keys(each), ['what', 'value', 'unit', 'at_most'])
  assert.equal(sessions?.length, 30)
  assert.deepEqual(
    readdirSync(tmpdir()).filter((name) => name.startsWith('postern-bench-')),
    [],
  )
})
