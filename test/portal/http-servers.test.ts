import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { test } from 'node:test'
import { createLiveUpgrades } from '../../src/admin/live-socket.ts'
import { plainServer, portalServer } from '../../src/portal/http-servers.ts'
import { until } from '../support/until.ts'

const LIMIT = 4_096

test('a server of ours takes so many connections and no more, until one of them ends', async (t) => {
  const server = plainServer((_request, response) => void response.end())
  server.listen(0, '127.0.0.1')
  const sockets: Socket[] = []
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const open = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1')
    sockets.push(socket)
    await once(socket, 'connect')
    return socket
  }
  for (let count = 0; count < LIMIT; count++) await open()
  await once(await open(), 'close')
  sockets[0]?.destroy()
  await until('the server notices', 5_000, async () => (await countConnections(server)) < LIMIT)
  const next = await open()
  next.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  const [answer] = (await once(next, 'data')) as [Buffer]
  assert.match(answer.toString(), /^HTTP\/1\.1 200 /)
})

const SERVERS = {
  'a server of ours': plainServer,
  'the portal': portalServer(null, createLiveUpgrades('/.postern/api/v2/events')),
}

for (const [name, create] of Object.entries(SERVERS)) {
  test(`after a request for another protocol ${name} answers no other one, as some would be lost`, async (t) => {
    const server = create(({ url }, response) => void response.setHeader('X-Url', url ?? '').end())
    server.listen(0, '127.0.0.1')
    t.after(() => void server.close())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const asked = (url: string, more = ''): string => `GET ${url} HTTP/1.1\r\nHost: a\r\n${more}\r\n`
    const socket = connect(port, '127.0.0.1')
    let received = ''
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()))
    socket.write(asked('/1') + asked('/2', 'Upgrade: h2c\r\nConnection: Upgrade\r\n') + asked('/lost'))
    await once(socket, 'close')
    assert.deepEqual(received.match(/^(?:X-Url|Connection): .*(?=\r$)/gm), [
      'X-Url: /1',
      'Connection: keep-alive',
      'X-Url: /2',
      'Connection: close',
    ])
  })
}

function countConnections(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)))
  })
}
