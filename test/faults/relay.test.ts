import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { openRelay } from '../support/relay.ts'
import type { Relay } from '../support/relay.ts'

const SHORT_MS = 60

interface Line {
  readonly relay: Relay
  /** Sends a text by a relayed connection, a new one unless given, and gives what comes back within a while, or null. */
  readonly ask: (text: string, socket?: Socket) => Promise<string | null>
  readonly open: () => Promise<Socket>
  /** What the server has received. */
  readonly received: string[]
}

/** A relay to a server that answers everything by its own name and what it was sent. */
async function openLine(t: TestContext): Promise<Line> {
  const received: string[] = []
  const port = await serve(t, 'one', received)
  const relay = await openRelay(t, { port })
  const open = async (): Promise<Socket> => {
    const socket = connect(relay.port, '127.0.0.1')
    socket.on('error', () => undefined)
    t.after(() => socket.destroy())
    await once(socket, 'connect')
    return socket
  }
  const ask: Line['ask'] = async (text, socket) => {
    const through = socket ?? (await open())
    through.write(text)
    return nextFrom(through)
  }
  return { relay, ask, open, received }
}

test('a relay passes what goes both ways', async (t) => {
  const { ask } = await openLine(t)
  assert.equal(await ask('a'), 'one a')
})

test('what is cut arrives late but whole once it is healed, whichever way it was cut', async (t) => {
  for (const way of ['up', 'down', 'both'] as const) {
    const { relay, ask, open, received } = await openLine(t)
    const socket = await open()
    relay.cut(way)
    assert.equal(await ask('a', socket), null)
    assert.deepEqual(received, way === 'down' ? ['a'] : [])
    const late = nextFrom(socket)
    relay.heal()
    assert.equal(await late, 'one a')
  }
})

test('a delay holds everything back for its time, each way', async (t) => {
  const { relay, open } = await openLine(t)
  const socket = await open()
  relay.delay(100)
  const sentAt = performance.now()
  socket.write('a')
  await once(socket, 'data')
  assert.ok(performance.now() - sentAt >= 195)
})

test('a connection that is stranded carries nothing any more, a new one does', async (t) => {
  const { relay, ask, open } = await openLine(t)
  const [socket, other] = [await open(), await open()]
  assert.equal(await ask('bell', socket), 'one bell')
  assert.equal(await ask('pool', other), 'one pool')
  relay.strand('bell')
  assert.equal(await ask('a', socket), null)
  assert.equal(await ask('a', other), 'one a')
  relay.strand()
  assert.equal(await ask('a', other), null)
  assert.equal(await ask('a'), 'one a')
})

test('a relay that leads elsewhere breaks what leads to where it led', async (t) => {
  const { relay, ask, open } = await openLine(t)
  const socket = await open()
  const closed = new Promise((resolve) => socket.once('close', resolve))
  relay.repoint({ port: await serve(t, 'two', []) })
  await closed
  assert.equal(await ask('a'), 'two a')
})

test('answers can be held back on the connections alone that asked for something', async (t) => {
  const { relay, ask, open } = await openLine(t)
  const socket = await open()
  const held = relay.holdAnswers('principal')
  const answer = ask('find principal', socket)
  await held.reached
  assert.equal(await ask('a'), 'one a')
  assert.equal(await answer, null)
  const late = nextFrom(socket)
  held.release()
  assert.equal(await late, 'one find principal')
})

async function serve(t: TestContext, name: string, received: string[]): Promise<number> {
  const server = createServer((socket) => {
    t.after(() => socket.destroy())
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      received.push(chunk.toString())
      socket.write(`${name} ${chunk.toString()}`)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

async function nextFrom(socket: Socket): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>()
  const timer = setTimeout(() => resolve(null), SHORT_MS)
  const take = (chunk: Buffer): void => resolve(chunk.toString())
  socket.once('data', take)
  const answer = await promise
  clearTimeout(timer)
  socket.off('data', take)
  return answer
}
