import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import test from 'node:test'
import { readNetworks } from '../../src/lib/address.ts'
import type { Networks } from '../../src/lib/address.ts'
import { peerAddress, portalClient } from '../../src/web/peer.ts'
import { temporaryDirectory } from '../support/directories.ts'

const BAD = { name: 'PosternError', code: 'bad_request' }
const trusted = networks('127.0.0.1', '10.0.0.0/8')

test('a TCP peer has its address, an IPv4 one as IPv4 on a listener of both', async (t) => {
  const server = createServer()
  t.after(() => server.close())
  server.listen(0, '::')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  t.after(() => client.destroy())
  const [socket] = (await once(server, 'connection')) as [Socket]
  t.after(() => socket.destroy())
  assert.equal(socket.remoteAddress, '::ffff:127.0.0.1')
  assert.equal(peerAddress(socket, { kind: 'tcp' }), '127.0.0.1')
})

test('a peer on a Unix socket has no address: who may connect is a matter of the file', async (t) => {
  const path = join(await temporaryDirectory(t), 'a.sock')
  const server = createServer()
  t.after(() => server.close())
  server.listen(path)
  await once(server, 'listening')
  const client = connect(path)
  t.after(() => client.destroy())
  const [socket] = (await once(server, 'connection')) as [Socket]
  t.after(() => socket.destroy())
  assert.equal(peerAddress(socket, { kind: 'unix' }), null)
})

test('a TCP peer that is gone is not taken for one on a Unix socket, and is not trusted', () => {
  const address = peerAddress(new Socket(), { kind: 'tcp' })
  assert.notEqual(address, null)
  assert.equal(networks('127.0.0.0/8', '::1/128', '10.0.0.0/8').contain(address ?? ''), false)
})

const clients: readonly [what: string, peer: string | null, forwardedFor: readonly string[], expected: string][] = [
  ['IP-01: a peer that is not trusted is the client, whatever it says', '203.0.113.7', ['10.20.1.1'], '203.0.113.7'],
  ['a trusted peer that says nothing is the client', '127.0.0.1', [], '127.0.0.1'],
  ['the last entry of a trusted peer is the client', '127.0.0.1', ['198.51.100.1, 203.0.113.7'], '203.0.113.7'],
  ['IP-02: what stands left of the client is not believed', '127.0.0.1', ['10.20.1.1, 203.0.113.7'], '203.0.113.7'],
  ['entries of trusted proxies are passed over', '127.0.0.1', ['203.0.113.7, 10.0.0.9'], '203.0.113.7'],
  ['IP-04: several lines are one list', '127.0.0.1', ['198.51.100.1', '203.0.113.7'], '203.0.113.7'],
  ['a peer on a Unix socket is trusted', null, ['203.0.113.7'], '203.0.113.7'],
  ['rubbish left of the client does not matter', '127.0.0.1', ['unknown, 203.0.113.7'], '203.0.113.7'],
  ['rubbish of a peer that is not trusted does not matter', '203.0.113.7', ['unknown'], '203.0.113.7'],
]
for (const [what, peer, forwardedFor, expected] of clients) {
  test(what, () => assert.equal(portalClient(peer, forwardedFor, trusted), expected))
}

const unreadable = [
  'a',
  'unknown',
  '_hidden',
  '1.2.3.4:abc',
  '010.020.1.1',
  '10.20.1',
  '0x0a.20.1.1',
  '::1%eth0',
  '',
  '1.2.3.4,',
]
for (const text of unreadable) {
  test(`IP-05: "${text}" where the client stands refuses the request`, () => {
    assert.throws(() => portalClient('127.0.0.1', [text], trusted), BAD)
    assert.throws(() => portalClient(null, [`203.0.113.7, ${text}`], trusted), BAD)
  })
}

test('a peer on a Unix socket that names no client is refused', () => {
  assert.throws(() => portalClient(null, [], trusted), BAD)
})

function networks(...list: readonly string[]): Networks {
  const read = readNetworks(list)
  if (typeof read === 'string') throw new Error(read)
  return read
}
