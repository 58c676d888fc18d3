import assert from 'node:assert/strict'
import { once } from 'node:events'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { connect as connectPlain } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Duplex, PassThrough } from 'node:stream'
import { suite, test } from 'node:test'
import type { TestContext } from 'node:test'
import { connect } from 'node:tls'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { openTls } from '../../src/web/tls.ts'
import type { Tls } from '../../src/web/tls.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { createAuthority } from '../support/tls.ts'
import type { Authority } from '../support/tls.ts'
import { until } from '../support/until.ts'

const NAME = 'postern.internal'
const ASKED = `GET / HTTP/1.1\r\nHost: ${NAME}\r\n\r\n`

suite('a listener that speaks TLS', () => {
  test('takes TLS 1.3 and HTTP/1.1 alone', async (t) => {
    const { ask } = await open(t, { asksProxies: false })
    assert.match(await ask(), /^HTTP\/1\.1 200 /)
    for (const options of [{ maxVersion: 'TLSv1.2' }, { ALPNProtocols: ['h2'] }] as const)
      await assert.rejects(ask(options), JSON.stringify(options))
  })

  test('FWD-01: lets nobody ask without a certificate of the right authority and, where it is wished, of the right name', async (t) => {
    const place = await open(t, { asksProxies: true, names: ['nginx.internal', 'a.proxies.internal'] })
    const { ask, as, refusals } = place
    const proxy = await place.authority.issue('proxy', ['a.example.com', 'nginx.internal'])
    const wildcard = await place.authority.issue('wildcard', ['*.proxies.internal'])
    const unnamed = await place.authority.issue('nginx.internal', [])
    const stranger = await (await createAuthority(place.folder, 'strangers')).issue('stranger', ['nginx.internal'])
    assert.match(await ask(as(proxy)), /^HTTP\/1\.1 200 /)
    for (const other of [{}, as(wildcard), as(unnamed), as(stranger)]) await assert.rejects(ask(other))
    await until('all are told', 5_000, () => refusals.length === 4)
    assert.deepEqual(refusals.toSorted(), [
      'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'no name that may ask',
      'no name that may ask',
    ])
    assert.equal(place.requests(), 1)
  })

  test('resumes sessions, and asks those who do for the same', async (t) => {
    const { ask, as, authority, start } = await open(t, { asksProxies: true, names: ['nginx.internal'] })
    const proxy = as(await authority.issue('proxy', ['nginx.internal']))
    const first = start(proxy)
    const session = once(first, 'session') as Promise<[Buffer]>
    first.write(ASKED)
    const [ticket] = await session
    assert.match(await ask({ ...proxy, session: ticket }, (socket) => assert.ok(socket.isSessionReused())), / 200 /)
  })
})

suite('new files of a listener', () => {
  test('come into use once they hold still, for connections from then on', async (t) => {
    const place = await open(t, { asksProxies: false })
    const kept = place.start({})
    assert.match(await answerOn(kept), / 200 /)
    const before = kept.getPeerX509Certificate()?.fingerprint256
    place.use(await place.authority.issue('second', [NAME]))
    assert.deepEqual([place.tls.look(), place.tls.look(), place.tls.look()], ['waiting', 'taken', 'same'])
    const fresh = place.start({})
    assert.match(await answerOn(fresh), / 200 /)
    assert.notEqual(fresh.getPeerX509Certificate()?.fingerprint256, before)
    assert.match(await answerOn(kept), / 200 /)
  })

  test('that do not fit leave those in use as they are', async (t) => {
    const place = await open(t, { asksProxies: false })
    copyFileSync((await place.authority.issue('second', [NAME])).certificatePath, place.files.certificate)
    assert.equal(place.tls.look(), 'waiting')
    for (let look = 0; look < 2; look++)
      assert.throws(() => place.tls.look(), { name: 'OperatorError', message: /not the key/ })
    assert.match(await place.ask(), / 200 /)
  })

  test('with other authorities end connections of the ones before, but not before their answer', async (t) => {
    const place = await open(t, { asksProxies: true })
    const proxy = place.as(await place.authority.issue('proxy', ['nginx.internal']))
    const [idle, busy] = [place.start(proxy), place.start(proxy)]
    for (const socket of [idle, busy]) assert.match(await answerOn(socket), /keep-alive/i)
    const goOn = place.holdNext()
    const answer = answerOn(busy)
    await until('it is under way', 5_000, () => place.requests() === 3)
    const others = await createAuthority(place.folder, 'others')
    copyFileSync(others.certificatePath, place.files.clientCa ?? '')
    const closed = once(idle, 'close')
    assert.deepEqual([place.tls.look(), place.tls.look()], ['waiting', 'taken'])
    await closed
    goOn()
    assert.match(await answer, /^HTTP\/1\.1 200 [^]*connection: close/i)
    await assert.rejects(place.ask(proxy))
    assert.match(await place.ask(place.as(await others.issue('new', ['nginx.internal']))), / 200 /)
  })

  test('with other authorities end handshakes that began under the ones before', async (t) => {
    const place = await open(t, { asksProxies: true })
    const proxy = place.as(await place.authority.issue('proxy', ['nginx.internal']))
    const { socket, goOn } = beginHandshake(t, place, proxy)
    await once(socket, 'secureConnect')
    const others = await createAuthority(place.folder, 'others')
    copyFileSync(others.certificatePath, place.files.clientCa ?? '')
    assert.deepEqual([place.tls.look(), place.tls.look()], ['waiting', 'taken'])
    goOn()
    await assert.rejects(answerOn(socket))
    assert.equal(place.requests(), 0)
  })

  test('that list a certificate as revoked shut it out', async (t) => {
    const place = await open(t, { asksProxies: true })
    const [good, bad] = [
      await place.authority.issue('good', ['a.internal']),
      await place.authority.issue('bad', ['b.internal']),
    ]
    const list = await place.authority.revoke([bad])
    writeFileSync(place.files.clientCa ?? '', readFileSync(place.authority.certificatePath, 'utf8') + list)
    assert.deepEqual([place.tls.look(), place.tls.look()], ['waiting', 'taken'])
    assert.match(await place.ask(place.as(good)), / 200 /)
    await assert.rejects(place.ask(place.as(bad)))
  })
})

interface Place {
  readonly port: number
  readonly folder: string
  readonly files: { readonly certificate: string; readonly key: string; readonly clientCa: string | null }
  readonly authority: Authority
  readonly tls: Tls
  readonly refusals: readonly string[]
  readonly requests: () => number
  /** Puts another pair in the place of the own one. */
  readonly use: (pair: Authority) => void
  /** What a client with that certificate is started with. */
  readonly as: (pair: Authority) => ConnectionOptions
  readonly start: (options: ConnectionOptions) => TLSSocket
  readonly ask: (options?: ConnectionOptions, look?: (socket: TLSSocket) => void) => Promise<string>
  /** The next answer waits until the function is called that this gives. */
  readonly holdNext: () => () => void
}

async function open(
  t: TestContext,
  { asksProxies, names = null }: { asksProxies: boolean; names?: string[] | null },
): Promise<Place> {
  const folder = await temporaryDirectory(t)
  const authority = await createAuthority(folder, 'root')
  const clientCa = join(folder, 'client-ca.pem')
  copyFileSync(authority.certificatePath, clientCa)
  const files = {
    certificate: join(folder, 'tls.pem'),
    key: join(folder, 'tls.key'),
    clientCa: asksProxies ? clientCa : null,
  }
  const use = (pair: Authority): void => {
    copyFileSync(pair.certificatePath, files.certificate)
    copyFileSync(pair.keyPath, files.key)
  }
  use(await authority.issue('first', [NAME]))
  const refusals: string[] = []
  const tls = openTls({ files, clientNames: names, onRefused: (_listener, code) => void refusals.push(code) })
  let requests = 0
  let held: Promise<void> = Promise.resolve()
  const server = tls.verify({}, (_request, response) => {
    requests++
    void held.then(() => response.end('yes'))
  })
  t.after(() => server.close())
  t.after(() => server.closeAllConnections())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const start = (options: ConnectionOptions): TLSSocket => {
    const socket = connect({
      port,
      host: '127.0.0.1',
      servername: NAME,
      ca: readFileSync(authority.certificatePath),
      ...options,
    })
    socket.on('error', () => undefined)
    t.after(() => socket.destroy())
    return socket
  }
  return {
    port,
    folder,
    files,
    authority,
    tls,
    refusals,
    requests: () => requests,
    use,
    as: ({ certificatePath, keyPath }) => ({ cert: readFileSync(certificatePath), key: readFileSync(keyPath) }),
    start,
    async ask(options = {}, look = () => undefined) {
      const socket = start(options)
      const answer = await answerOn(socket)
      look(socket)
      socket.destroy()
      return answer
    },
    holdNext() {
      const { promise, resolve } = Promise.withResolvers<void>()
      held = promise
      return resolve
    },
  }
}

/** A client that keeps back all but its first words until it may go on. */
function beginHandshake(
  t: TestContext,
  { port, start }: Place,
  options: ConnectionOptions,
): { readonly socket: TLSSocket; readonly goOn: () => void } {
  const { promise: mayGoOn, resolve: goOn } = Promise.withResolvers<void>()
  const wire = connectPlain(port, '127.0.0.1')
  t.after(() => wire.destroy())
  const rest = new PassThrough()
  const socket = start({
    ...options,
    socket: Duplex.from({ readable: wire, writable: rest }),
  })
  rest.once('data', (hello: Buffer) => {
    rest.pause()
    wire.write(hello)
    void mayGoOn.then(() => rest.pipe(wire))
  })
  return { socket, goOn }
}

/** @throws Error when the connection ends in place of an answer */
async function answerOn(socket: TLSSocket): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const onClose = (): void => reject(new Error('closed'))
  if (socket.destroyed) onClose()
  socket.once('data', (chunk: Buffer) => resolve(chunk.toString())).once('close', onClose)
  socket.write(ASKED)
  return promise.finally(() => socket.off('close', onClose))
}
