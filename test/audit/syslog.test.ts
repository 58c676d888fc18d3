import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import type { EventRow } from '../../src/audit/search-table.ts'
import { openSyslog } from '../../src/audit/syslog.ts'
import { temporaryDirectory } from '../support/directories.ts'
import type { Cleanup } from '../support/directories.ts'
import { until } from '../support/until.ts'
import { createCertificate } from '../support/tls.ts'

const HOST = 'auth.example.com'

test('over TCP messages come with their length in octets, and are taken once the receiver has read to the end', async (t) => {
  const received: Buffer[] = []
  const port = await listening(
    t,
    createServer((socket) => void keep(socket, received)),
  )
  const sink = openSyslog({ protocol: 'tcp', host: '127.0.0.1', port }, HOST)
  await sink.send({ id: 'x', events: events(500) }, new AbortController().signal)
  assert.deepEqual(
    idsIn(Buffer.concat(received)),
    events(500).map(({ request_id: id }) => id),
  )
})

test('a receiver that breaks off, hangs or is not there has not taken them', async (t) => {
  const early = await listening(
    t,
    createServer((socket) => socket.once('data', () => socket.destroy())),
  )
  const silent = await listening(
    t,
    createServer({ allowHalfOpen: true }, (socket) => socket.resume()),
  )
  const lots = events(500).map((event) => ({ ...event, details: JSON.stringify({ x: 'y'.repeat(20_000) }) }))
  for (const [port, ms] of [
    [early, 10_000],
    [silent, 200],
    [1, 10_000],
  ] as const) {
    const sink = openSyslog({ protocol: 'tcp', host: '127.0.0.1', port }, HOST)
    await assert.rejects(sink.send({ id: 'x', events: lots }, AbortSignal.timeout(ms)), String(port))
  }
})

test('a receiver that has no room for one more connection and closes it at once has not taken them', async (t) => {
  const kinds = [(socket: Socket) => socket.end(), (socket: Socket) => socket.destroy()]
  for (const close of kinds) {
    const port = await listening(t, createServer({ allowHalfOpen: true }, close))
    const sink = openSyslog({ protocol: 'tcp', host: '127.0.0.1', port }, HOST)
    for (const count of [1, 500])
      await assert.rejects(sink.send({ id: 'x', events: events(count) }, AbortSignal.timeout(5_000)))
  }
})

test('over TLS nobody is sent anything whose certificate does not count', async (t) => {
  const { port, received, certificate } = await tlsReceiver(t, ['localhost'])
  const sink = openSyslog({ protocol: 'tls', host: 'localhost', port }, HOST)
  await assert.rejects(sink.send({ id: 'x', events: events(3) }, AbortSignal.timeout(5_000)), /self-signed certificate/)
  assert.equal(await sendApart(port, certificate), 0)
  assert.deepEqual(idsIn(Buffer.concat(received)), ['r0', 'r1', 'r2'])
})

test('over TLS a certificate of another host does not count, whoever signed it', async (t) => {
  const { port, received, certificate } = await tlsReceiver(t, ['other.example.com'])
  assert.equal(await sendApart(port, certificate), 1)
  assert.deepEqual(received, [])
})

test('over UDP each message is a datagram, without its text where that would be too long', async (t) => {
  const socket = createSocket('udp4')
  const received: string[] = []
  socket.on('message', (message) => received.push(message.toString()))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.after(() => socket.close())
  const sink = openSyslog({ protocol: 'udp', host: '127.0.0.1', port: socket.address().port }, HOST)
  const [small, large] = events(2) as [EventRow, EventRow]
  const long = { ...large, details: JSON.stringify({ x: 'y'.repeat(70_000) }) }
  await sink.send({ id: 'x', events: [small, long] }, new AbortController().signal)
  await until('both are there', 5_000, () => received.length === 2)
  assert.match(received[0] ?? '', /requestId="r0"\] \ufeff\{/)
  assert.match(received[1] ?? '', /requestId="r1"\]$/)
})

function events(count: number): EventRow[] {
  return Array.from({ length: count }, (_, n) => ({
    seq: String(n + 1),
    id: '00000000-0000-4000-8000-000000000001',
    occurred_at: '2026-11-23T12:00:00.000000Z',
    event_type: 'sign_in',
    action: 'access',
    resource: 'user:ä\n9 <1>forged',
    result: 'success',
    actor_id: null,
    actor_login: 'alice',
    session_id: null,
    ip_address: '10.0.0.1',
    user_agent: 'curl',
    request_id: `r${n}`,
    risk_score: null,
    details: '{"name":"ö"}',
  }))
}

/** RFC 6587, 3.4.1: a length in octets, a blank and the message, one after the other. */
function idsIn(bytes: Buffer): string[] {
  const ids: string[] = []
  for (let at = 0; at < bytes.length;) {
    const blank = bytes.indexOf(' ', at)
    const length = Number(bytes.toString('latin1', at, blank))
    const message = bytes.toString('utf8', blank + 1, blank + 1 + length)
    assert.match(message, /^<86>1 .*\] \ufeff\{.*\}$/)
    ids.push(/requestId="([^"]*)"/.exec(message)?.[1] ?? '')
    at = blank + 1 + length
  }
  return ids
}

async function keep(socket: Socket, received: Buffer[]): Promise<void> {
  socket.on('error', () => undefined)
  socket.on('data', (chunk: Buffer) => received.push(chunk))
}

async function listening(t: Cleanup, server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

async function tlsReceiver(t: Cleanup, hosts: readonly string[]) {
  const certificate = await createCertificate(await temporaryDirectory(t), hosts)
  const received: Buffer[] = []
  const pair = { cert: readFileSync(certificate.certificatePath), key: readFileSync(certificate.keyPath) }
  const server = createTlsServer(pair, (socket) => void keep(socket, received))
  server.on('tlsClientError', () => undefined)
  return { port: await listening(t, server), received, certificate: certificate.certificatePath }
}

/** Sends from a process that takes the certificate for an authority. @returns its exit code */
async function sendApart(port: number, certificate: string): Promise<number | null> {
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: certificate }
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'syslog-child.ts'), String(port), JSON.stringify(events(3))],
    { env, stdio: 'ignore' },
  )
  await once(child, 'exit')
  return child.exitCode
}
