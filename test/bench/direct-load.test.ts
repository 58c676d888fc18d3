import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { runDirectLoad } from '../../bench/direct-load.ts'
import type { DirectRun } from '../../bench/direct-load.ts'
import { temporaryDirectory } from '../support/directories.ts'

const QUESTION = 'HEAD /verify HTTP/1.1\r\nHost: gateway\r\n\r\n'
const YES = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'

async function loadOn(t: TestContext, onQuestion: (socket: Socket, question: string) => void): Promise<DirectRun> {
  const path = join(await temporaryDirectory(t), 'gateway.sock')
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => onQuestion(socket, chunk.toString('latin1')))
  }).listen(path)
  t.after(() => server.close())
  await once(server, 'listening')
  const load = { address: `unix:${path}`, question: QUESTION, status: 200, connections: 4, milliseconds: 300 }
  return runDirectLoad(load, t.signal)
}

test('each connection asks the very question again when its answer is whole', async (t) => {
  const asked = new Set<string>()
  const sockets = new Set<Socket>()
  let questions = 0
  const run = await loadOn(t, (socket, question) => {
    asked.add(question)
    sockets.add(socket)
    questions++
    // In two parts, the first of which ends like a head that is none.
    socket.write(YES.slice(0, 17))
    setImmediate(() => socket.write(YES.slice(17)))
  })
  assert.deepEqual([...asked], [QUESTION])
  assert.equal(sockets.size, 4)
  assert.equal(run.requests, questions)
  assert.deepEqual([run.others, run.lost], [0, 0])
  assert.ok(run.durationUs >= 300_000 && run.p50Us > 0 && run.p50Us <= run.p99Us && run.p99Us <= run.p999Us)
})

test('answers with another status are counted', async (t) => {
  let questions = 0
  const run = await loadOn(t, (socket) => socket.write(++questions % 2 === 0 ? YES : YES.replace('200', '500')))
  assert.equal(run.others, Math.ceil(run.requests / 2))
})

test('a connection that the gateway closes is opened anew, and its question is lost', async (t) => {
  let [questions, closed] = [0, 0]
  const run = await loadOn(t, (socket) => {
    if (++questions % 10 === 0) closed++
    if (questions % 10 === 0) socket.end()
    else socket.write(YES)
  })
  assert.ok(closed > 4)
  assert.equal(run.lost, closed)
  assert.equal(run.requests, questions - closed)
})

test('a gateway that never answers ends the run all the same', async (t) => {
  const run = await loadOn(t, () => undefined)
  assert.deepEqual([run.requests, run.lost], [0, 4])
})
