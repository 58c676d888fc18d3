import assert from 'node:assert/strict'
import { Server as NetServer } from 'node:net'
import { test } from 'node:test'
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises'
import { until } from '../../support/until.ts'
import { answersIn, laneRequest, openLaneServer } from './lane-server.ts'

const PIPELINED = 40_000

test('who pipelines without reading is answered no further than buffers reach, and in order once he reads', async (t) => {
  const { connect, asked } = await openLaneServer(t)
  const { socket, send, received } = await connect()
  socket.pause()
  for (let id = 1; id <= PIPELINED; id++) send(laneRequest(id))
  let before = -1
  await until('the lane waits', 10_000, async () => {
    const isQuiet = asked.length === before
    before = asked.length
    await delay(100)
    return isQuiet && before > 0
  })
  assert.ok(asked.length < PIPELINED / 4, `${asked.length} were answered`)
  socket.resume()
  await until('all answers', 20_000, () => received().includes(`X-Id: ${PIPELINED}\r\n`))
  assert.deepEqual(
    answersIn(received()),
    Array.from({ length: PIPELINED }, (_, at) => `lane ${at + 1}`),
  )
})

test('long answers to one piece of short requests are not made before there is room for them', async (t) => {
  const { connect, asked } = await openLaneServer(t, { bodyLength: 3_000 })
  const { socket, send } = await connect()
  socket.pause()
  send(Array.from({ length: 1_200 }, (_, id) => laneRequest(id)).join(''))
  while (asked.length === 0) await turn()
  await delay(50)
  assert.ok(asked.length < 400, `${asked.length} were answered`)
})

test('others are answered while one does not read', async (t) => {
  const { connect } = await openLaneServer(t)
  const idle = await connect()
  idle.socket.pause()
  for (let id = 1; id <= PIPELINED; id++) idle.send(laneRequest(id))
  const other = await connect()
  other.send(laneRequest('other'))
  assert.deepEqual(answersIn(await other.until(/X-Id: other\r\n[^]*\r\n\r\n/)), ['lane other'])
})

const SHORT = { headersTimeout: 300, requestTimeout: 400, keepAliveTimeout: 100, connectionsCheckingInterval: 50 }

test('who asks nothing is closed after the time for headers', async (t) => {
  const { connect } = await openLaneServer(t, { limits: SHORT })
  const startedAt = performance.now()
  assert.equal(await (await connect()).closed, '')
  assert.ok(performance.now() - startedAt > 250)
})

test('who has asked once is kept for the time of idle connections and a second', async (t) => {
  const { connect } = await openLaneServer(t, { limits: SHORT })
  const { send, until: untilText, closed } = await connect()
  send(laneRequest(1))
  await untilText(/X-Id: 1\r\n[^]*\r\n\r\n/)
  const startedAt = performance.now()
  await closed
  const lasted = performance.now() - startedAt
  assert.ok(lasted > 1_000 && lasted < 3_000, `${lasted} ms`)
})

test('who never ends his request is refused by the ordinary server in its own time', async (t) => {
  const { connect } = await openLaneServer(t, { limits: { ...SHORT, headersTimeout: 1_400, requestTimeout: 1_500 } })
  const { send, closed } = await connect()
  send(laneRequest(1).slice(0, -2))
  assert.match(await closed, /^HTTP\/1\.1 408 /)
})

test('at a stop idle connections end at once', async (t) => {
  const { server, lane, connect } = await openLaneServer(t)
  const [fresh, kept] = [await connect(), await connect()]
  kept.send(laneRequest(1))
  await kept.until(/X-Id: 1\r\n[^]*\r\n\r\n/)
  server.close()
  lane.close()
  assert.equal(await fresh.closed, '')
  assert.deepEqual(answersIn(await kept.closed), ['lane 1'])
})

test('at a stop a late answer comes, and says that the connection ends', async (t) => {
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const { server, lane, connect, asked } = await openLaneServer(t, { hold: () => late })
  const { send, closed } = await connect()
  send(laneRequest(1) + laneRequest(2))
  while (asked.length === 0) await turn()
  server.close()
  lane.close()
  resolve()
  const received = await closed
  assert.deepEqual(answersIn(received), ['lane 1'])
  assert.match(received, /^Connection: close\r$/m)
})

test('before connections are ended, a request that comes at a stop is answered as the last one', async (t) => {
  const { server, connect } = await openLaneServer(t)
  server.on('request', (_request, response) => (response.shouldKeepAlive = false))
  const { send, until: untilText } = await connect()
  send(laneRequest(1))
  await untilText(/X-Id: 1\r\n[^]*\r\n\r\n/)
  // As the drain does; the close of an HTTP server would end idle connections at once.
  NetServer.prototype.close.call(server)
  send(laneRequest(2))
  assert.deepEqual(answersIn(await untilText(/X-Id: 2\r\n[^]*\r\n\r\n/)), ['lane 1', 'ordinary 2'])
})

test('who does not read his answers can not hold up a stop', async (t) => {
  const { server, lane, connect, asked } = await openLaneServer(t)
  const { socket, send } = await connect()
  socket.pause()
  for (let id = 1; id <= PIPELINED; id++) send(laneRequest(id))
  while (asked.length < 1_000) await turn()
  const startedAt = performance.now()
  const closed = new Promise((resolve) => server.close(resolve))
  lane.close()
  await closed
  assert.ok(performance.now() - startedAt < 4_000)
})
