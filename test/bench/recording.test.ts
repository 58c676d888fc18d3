import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DirectRow } from '../../bench/direct.ts'
import { measureRecording, recordingFindings } from '../../bench/recording.ts'

function row(name: string, cpu: number | null): DirectRow {
  return { case: name, gateway_cpu_us: cpu, rps: 0, p50_ms: 0, p99_ms: 0 }
}

test('what recording adds is a share of what a verify costs without it', () => {
  const [added, share] = recordingFindings(0.3, [row('postern, tcp', 12), row('postern, unix', 7.8)])
  assert.deepEqual([added?.value, added?.unit], [0.3, 'µs'])
  assert.deepEqual([share?.value, share?.unit, share?.at_most], [4, '% more', 5])
})

test('without the whole only what is added is told', () => {
  assert.equal(recordingFindings(0.3, [row('postern, unix', null)]).length, 1)
  assert.equal(recordingFindings(0.3, []).length, 1)
})

test('what is measured are requests that pass, with and without recording', async () => {
  assert.ok(Number.isFinite(await measureRecording(1)))
})
