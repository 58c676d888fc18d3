import assert from 'node:assert/strict'
import { test } from 'node:test'
import { takePassedSockets } from '../../src/web/passed-sockets.ts'

const PID = 4_321

function passed(names: string, more: Record<string, string> = {}): Record<string, string | undefined> {
  return { LISTEN_PID: String(PID), LISTEN_FDS: String(names.split(':').length), LISTEN_FDNAMES: names, ...more }
}

test('sockets are known by their names, and their variables are gone afterwards', () => {
  const environment = passed('verify:portal:ops', { PATH: '/bin' })
  assert.deepEqual(takePassedSockets(environment, PID), {
    verify: { pid: PID, fd: 3 },
    portal: { pid: PID, fd: 4 },
    ops: { pid: PID, fd: 5 },
  })
  assert.deepEqual(environment, { PATH: '/bin' })
})

test('what was passed to another process, or nothing at all, is not ours', () => {
  const other = passed('verify', { LISTEN_PID: String(PID + 1) })
  assert.deepEqual(takePassedSockets(other, PID), {})
  assert.deepEqual(other, {})
  assert.deepEqual(takePassedSockets({ PATH: '/bin' }, PID), {})
})

test('a socket without a name of ours, and two of one name, are refused with what to write into the unit', () => {
  for (const names of ['postern-verify.socket', 'verify:verify', '', 'verify:']) {
    assert.throws(() => takePassedSockets(passed(names), PID), {
      name: 'OperatorError',
      message: /FileDescriptorName= to portal, verify or ops/,
    })
  }
  const unnamed = { LISTEN_PID: String(PID), LISTEN_FDS: '1' }
  assert.throws(() => takePassedSockets(unnamed, PID), { name: 'OperatorError' })
})
