import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLiveConnections } from '../../src/admin/live-connections.ts'
import type { LiveSocket } from '../../src/admin/live-connections.ts'
import type { LiveEvent } from '../../src/admin/live-events.ts'

const EVENT: LiveEvent = { type: 'health', at: '2026-01-01T00:00:00.000Z', data: { status: 'ok' } }

/** A socket that notes what is done with it. @param unread bytes that its client has not read */
function createSocket(unread = 0): LiveSocket & { done: string[]; bufferedAmount: number; emit(event: string): void } {
  const listeners = new Map<string, () => void>()
  const done: string[] = []
  return {
    done,
    bufferedAmount: unread,
    send: (text) => void done.push(`send ${(JSON.parse(text) as { type: string }).type}`),
    ping: () => void done.push('ping'),
    close: (code) => void done.push(`close ${code}`),
    terminate: () => void done.push('terminate'),
    on: (event, listener) => listeners.set(event, listener),
    emit: (event) => listeners.get(event)?.(),
  }
}

const alice = { userId: 'u1', id: 's1' }

test('DOS: whoever does not read is dropped with a code, and nobody else', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const [slow, quick] = [createSocket(), createSocket()]
  const connections = createLiveConnections()
  connections.add(slow, alice, ['health'])
  connections.add(quick, { userId: 'u2', id: 's2' }, ['health'])
  slow.bufferedAmount = 300_000
  connections.tell([EVENT, EVENT])
  assert.deepEqual(slow.done, ['send hello', 'close 4408'])
  assert.deepEqual(quick.done, ['send hello', 'send health', 'send health'])
  t.mock.timers.tick(2_000)
  assert.equal(slow.done.at(-1), 'terminate')
  assert.deepEqual(connections.ids, ['s2'])
})

test('whoever does not answer a ping until the next is gone', () => {
  const [there, gone] = [createSocket(), createSocket()]
  const connections = createLiveConnections()
  connections.add(there, alice, ['health'])
  connections.add(gone, alice, ['health'])
  connections.ping()
  there.emit('pong')
  connections.ping()
  assert.deepEqual(there.done, ['send hello', 'ping', 'ping'])
  assert.deepEqual(gone.done, ['send hello', 'ping', 'terminate'])
})

test('DOS: whoever asks whether we are there again and again is dropped', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const socket = createSocket()
  const connections = createLiveConnections()
  connections.add(socket, alice, ['health'])
  for (let times = 0; times < 21; times++) socket.emit('ping')
  assert.deepEqual(socket.done, ['send hello', 'close 4429'])
})

test('what was opened while somebody looked who may listen is not closed by that look', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const [old, young] = [createSocket(), createSocket()]
  const connections = createLiveConnections()
  connections.add(old, alice, ['health'])
  const asked = connections.ids
  connections.add(young, { userId: 'u2', id: 's2' }, ['health'])
  connections.settle(asked, new Map())
  assert.deepEqual([old.done.at(-1), young.done.at(-1)], ['close 4401', 'send hello'])
})

test('rights that change are told, and heard by', () => {
  const socket = createSocket()
  const connections = createLiveConnections()
  connections.add(socket, alice, ['health', 'audit'])
  connections.settle(['s1'], new Map([['s1', ['audit']]]))
  connections.tell([EVENT, { ...EVENT, type: 'audit' }])
  assert.deepEqual(socket.done, ['send hello', 'send hello', 'send audit'])
})
