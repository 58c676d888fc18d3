import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises'
import { answersIn, laneRequest, openLaneServer } from './lane-server.ts'

/** After which the ordinary server takes a request that isn't whole. */
const PARTIAL_MS = 1_000
const ORDINARY = 'POST /verify/nginx HTTP/1.1\r\nHost: postern\r\nX-Id: odd\r\nContent-Length: 4\r\n\r\nbody'

test('two requests are answered alike wherever they are cut in two', async (t) => {
  const { connect } = await openLaneServer(t)
  const bytes = laneRequest(1) + laneRequest(2)
  for (let cut = 1; cut < bytes.length; cut++) {
    const { socket, send, until } = await connect()
    send(bytes.slice(0, cut))
    await turn()
    send(bytes.slice(cut))
    assert.deepEqual(answersIn(await until(/X-Id: 2\r\n[^]*\r\n\r\n/)), ['lane 1', 'lane 2'], `cut at ${cut}`)
    socket.destroy()
  }
})

test('pipelined requests are answered in their order, early and late ones', async (t) => {
  const hold = (id: string): Promise<void> | null => (Number(id) % 3 === 0 ? delay(Number(id) % 2) : null)
  const { connect } = await openLaneServer(t, { hold })
  const { send, until } = await connect()
  const ids = Array.from({ length: 60 }, (_, at) => at + 1)
  send(ids.map((id) => laneRequest(id)).join(''))
  const answers = answersIn(await until(/X-Id: 60\r\n[^]*\r\n\r\n/))
  assert.deepEqual(
    answers,
    ids.map((id) => `lane ${id}`),
  )
})

test('nothing is answered before the late answer to a request that came in pieces', async (t) => {
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const { connect, asked } = await openLaneServer(t, { hold: (id) => (id === '1' ? late : null) })
  const { send, received, until } = await connect()
  send(laneRequest(1).slice(0, 20))
  await delay(50)
  send(laneRequest(1).slice(20) + laneRequest(2) + ORDINARY)
  await delay(PARTIAL_MS + 100)
  assert.deepEqual([asked, received()], [['1'], ''])
  resolve()
  assert.deepEqual(answersIn(await until(/X-Id: odd\r\n[^]*\r\n\r\n/)), ['lane 1', 'lane 2', 'ordinary odd'])
})

test('a request that stays partial behind an answered one is the ordinary server’s in the end', async (t) => {
  const { connect } = await openLaneServer(t)
  const { send, until } = await connect()
  send(laneRequest(1) + laneRequest(2).slice(0, -1))
  await delay(PARTIAL_MS + 100)
  send('\n')
  assert.deepEqual(answersIn(await until(/X-Id: 2\r\n[^]*\r\n\r\n/)), ['lane 1', 'ordinary 2'])
})

test('at the first doubt the ordinary server gets the connection with all unread bytes, for good', async (t) => {
  const { connect, asked } = await openLaneServer(t)
  const { send, until } = await connect()
  send(laneRequest(1) + laneRequest(2) + ORDINARY + laneRequest(3) + laneRequest(4).slice(0, 30))
  await until(/X-Id: 3\r\n[^]*\r\n\r\n/)
  send(laneRequest(4).slice(30) + laneRequest(5))
  const answers = answersIn(await until(/X-Id: 5\r\n[^]*\r\n\r\n/))
  assert.deepEqual(answers, ['lane 1', 'lane 2', 'ordinary odd', 'ordinary 3', 'ordinary 4', 'ordinary 5'])
  assert.deepEqual(asked, ['1', '2'])
})

test('a request that comes byte by byte is the ordinary server’s', async (t) => {
  const { connect } = await openLaneServer(t)
  const { send, until } = await connect()
  for (const byte of laneRequest(1)) {
    send(byte)
    await turn()
  }
  assert.deepEqual(answersIn(await until(/X-Id: 1\r\n[^]*\r\n\r\n/)), ['ordinary 1'])
})

test('HEAD is answered without a body, but with its length', async (t) => {
  const { connect } = await openLaneServer(t)
  const { send, until } = await connect()
  send(laneRequest(1).replace('GET', 'HEAD') + laneRequest(2))
  const received = await until(/X-Id: 2\r\n[^]*\r\n\r\n/)
  assert.deepEqual(answersIn(received), ['lane 1', 'lane 2'])
  assert.equal(received.match(/^Content-Length: 0\r$/gm)?.length, 2)
})

for (const [what, pieces] of [
  ['in one piece', 1],
  ['in two', 2],
] as const) {
  test(`a head of more than 64 KiB ${what} is the ordinary server’s to refuse`, async (t) => {
    const { connect, asked } = await openLaneServer(t, { limits: { maxHeaderSize: 65_536 } })
    const { send, closed } = await connect()
    const bytes = laneRequest(1, `X-Huge: ${'h'.repeat(70_000)}\r\n`)
    const cut = pieces === 1 ? 0 : 40_000
    send(bytes.slice(0, cut))
    await delay(20)
    send(bytes.slice(cut))
    assert.match(await closed, /^HTTP\/1\.1 431 /)
    assert.deepEqual(asked, [])
  })
}

test('a head that has no end after 64 KiB is refused at once', async (t) => {
  const { connect } = await openLaneServer(t, { limits: { maxHeaderSize: 65_536 } })
  const { send, closed } = await connect()
  const startedAt = performance.now()
  send(laneRequest(1, `X-Huge: ${'h'.repeat(140_000)}`))
  assert.match(await closed, /^HTTP\/1\.1 431 /)
  assert.ok(performance.now() - startedAt < PARTIAL_MS)
})

/** Late ones so that the end comes while one of them is under way. */
const EVEN = { hold: (id: string) => (Number(id) % 2 === 0 ? delay(5) : null) }
const SEVEN = [1, 2, 3, 4, 5, 6, 7]

test('who has half-closed gets the answers to all he had asked, late ones too', async (t) => {
  const { connect } = await openLaneServer(t, EVEN)
  for (const ids of [SEVEN, SEVEN.slice(0, 6), SEVEN.slice(0, 1)]) {
    const { socket, send, closed } = await connect()
    const partial = ids.length === 1 ? laneRequest(8).slice(0, 10) : ''
    send(ids.map((id) => laneRequest(id)).join('') + partial)
    socket.end()
    assert.deepEqual(
      answersIn(await closed),
      ids.map((id) => `lane ${id}`),
    )
  }
})

test('what is the ordinary server’s is not asked any more once the end was read', async (t) => {
  const { connect } = await openLaneServer(t, EVEN)
  const { socket, send, closed } = await connect()
  send(SEVEN.map((id) => laneRequest(id)).join('') + ORDINARY)
  socket.end()
  assert.deepEqual(
    answersIn(await closed),
    SEVEN.map((id) => `lane ${id}`),
  )
})

test('a connection that breaks while its answer is late is forgotten', async (t) => {
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const { server, connect, asked } = await openLaneServer(t, { hold: (id) => (id === '1' ? late : null) })
  const { socket, send } = await connect()
  send(laneRequest(1) + laneRequest(2))
  while (asked.length === 0) await turn()
  socket.destroy()
  resolve()
  while ((await countConnections(server)) > 0) await turn()
  assert.deepEqual(asked, ['1'])
})

function countConnections(server: { getConnections: (done: (error: Error | null, count: number) => void) => void }) {
  return new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)))
}
