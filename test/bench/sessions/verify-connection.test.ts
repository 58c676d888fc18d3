import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { connectToEach } from '../../../bench/sessions/every-worker.ts'
import { connectMany, connectVerify } from '../../../bench/sessions/verify-connection.ts'
import { temporaryDirectory } from '../../support/directories.ts'

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('each question on a kept connection gets the status of its own answer', async (t) => {
  const peers = new Set<unknown>()
  const address = await serve(t, (request, response) => {
    peers.add(request.socket)
    response.writeHead(request.headers.cookie?.endsWith('; __Host-postern=good') ? 200 : 401, {
      'X-Long': 'x'.repeat(70_000),
    })
    response.end()
  })
  const connection = await connectVerify(address)
  t.after(() => connection.close())
  const asked: (readonly [string, number])[] = [
    ['good', 200],
    ['bad', 401],
    ['good', 200],
  ]
  for (const [token, status] of asked) assert.equal(await connection.ask(token), status)
  assert.equal(peers.size, 1)
})

test('a gateway on a Unix socket is asked about the host that is named', async (t) => {
  const path = join(await temporaryDirectory(t), 'verify.sock')
  const hosts = new Set<unknown>()
  const server = createServer((request, response) => {
    hosts.add(request.headers['x-original-host'])
    response.end()
  }).listen(path)
  t.after(() => server.close())
  await once(server, 'listening')
  await using opened = new AsyncDisposableStack()
  const connections = await connectMany(`unix:${path}`, 250, { opened, host: 'other.example.com' })
  assert.equal(connections.length, 250)
  await Promise.all(connections.map((connection) => connection.ask('token')))
  assert.deepEqual([...hosts], ['other.example.com'])
})

test('a gateway that hangs up is an error, not a refusal', async (t) => {
  const address = await serve(t, (request) => request.socket.destroy())
  const connection = await connectVerify(address)
  t.after(() => connection.close())
  await assert.rejects(connection.ask('token'))
})

test('the process that took a connection is found, and one that takes none is told of', async (t) => {
  await using opened = new AsyncDisposableStack()
  const address = await serve(t, (_request, response) => response.end())
  assert.equal((await connectToEach(address, [process.pid], opened)).length, 1)
  await assert.rejects(connectToEach(address, [process.pid, process.ppid], opened), /takes no connections/)
})
