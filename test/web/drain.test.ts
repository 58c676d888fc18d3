import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { drain } from '../../src/web/drain.ts'
import { listenOnFreePort } from '../support/app.ts'

const PATIENT = { lingerMs: 20_000, overdueMs: 30_000 }

test('a connection that is kept alive brings one more request, and no new one is taken', async (t) => {
  const { app, port } = await openApp(t)
  const kept = await connection(port)
  assert.match(await ask(kept), /connection: keep-alive/i)
  const drained = drain(app, PATIENT)
  await assert.rejects(connection(port), { code: 'ECONNREFUSED' })
  const ended = once(kept, 'end')
  const last = await ask(kept)
  assert.match(last, /^HTTP\/1\.1 200 /)
  assert.match(last, /connection: close/i)
  await Promise.all([ended, drained])
})

test('what is under way is answered however long that takes', async (t) => {
  const held = Promise.withResolvers<void>()
  const { app, port } = await openApp(t, () => held.promise)
  const busy = await connection(port)
  const answer = ask(busy)
  await once(app.server, 'request')
  const drained = drain(app, { lingerMs: 0, overdueMs: 30_000 })
  held.resolve()
  assert.match(await answer, /^HTTP\/1\.1 200 /)
  await drained
})

test('idle connections are closed once they have brought nothing for a while', async (t) => {
  const { app, port } = await openApp(t)
  const idle = await connection(port)
  await ask(idle)
  const ended = once(idle, 'end')
  await drain(app, { lingerMs: 20, overdueMs: 30_000 })
  await ended
})

test('what would never end is broken off', async (t) => {
  const { app, port } = await openApp(t, () => new Promise(() => undefined))
  const busy = await connection(port)
  busy.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await once(app.server, 'request')
  const closed = once(busy, 'close')
  await drain(app, { lingerMs: 0, overdueMs: 20 })
  await closed
})

test('an app that never listened is simply closed', async () => {
  await drain(Fastify(), PATIENT)
})

async function openApp(
  t: TestContext,
  work: () => Promise<void> = async () => undefined,
): Promise<{ app: FastifyInstance; port: number }> {
  const app = Fastify()
  t.after(async () => {
    app.server.closeAllConnections()
    await app.close()
  })
  app.get('/', async () => {
    await work()
    return 'done'
  })
  return { app, port: await listenOnFreePort(app) }
}

async function connection(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

async function ask(socket: Socket): Promise<string> {
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  const [answer] = (await once(socket, 'data')) as [Buffer]
  return answer.toString()
}
