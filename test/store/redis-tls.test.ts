import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { RedisTls } from '../../src/store/redis-client.ts'
import type { KeyValue } from '../../src/store/key-value.ts'
import { openRedis } from '../../src/store/redis.ts'
import type { Cleanup } from '../support/directories.ts'
import { temporaryRoot } from '../support/postgres.ts'
import { readAddress } from '../support/redis.ts'
import { createAuthority } from '../support/tls.ts'
import type { Certificate } from '../support/tls.ts'
import { startTlsCluster, startTlsRedis, startTlsSentinel } from '../support/redis-tls.ts'
import { until } from '../support/until.ts'

const VALUE = Buffer.from('value')
const folder = mkdtempSync(join(temporaryRoot(), `postern-test-${process.pid}-`))
after(() => rmSync(folder, { recursive: true }))
const [authority, other] = [await createAuthority(folder), await createAuthority(folder, 'other')]
const [served, elsewhere, shown] = [
  await authority.issue('redis', ['localhost']),
  await authority.issue('elsewhere', ['redis.example.com']),
  await authority.issue('postern', []),
]
const ca = read(authority.certificatePath)
const ours: RedisTls = { ca, certificate: read(shown.certificatePath), key: read(shown.keyPath) }
const by = (certificate: Certificate): { certificate: Certificate; caPath: string } => ({
  certificate,
  caPath: authority.certificatePath,
})
const server = await startTlsRedis({ after }, by(served))
const url = `rediss://localhost:${server.tlsPort}`

test('a server, sentinels and a cluster are reached over TLS by their names, with a certificate of ours', async (t) => {
  const [sentinels, cluster] = await Promise.all([startTlsSentinel(t, by(served)), startTlsCluster(t, by(served))])
  for (const each of [url, sentinels, cluster]) {
    const { keyValue } = open(t, each, ours)
    for (const key of ['one', 'two', 'three', 'four'])
      await until(`${each} keeps it`, 10_000, () => keyValue.set(key, VALUE, 60_000).then(isTrue, isFalse))
    assert.deepEqual(await keyValue.get('one', 100), VALUE)
  }
})

const REFUSED = [
  [
    'an authority that did not vouch for it',
    url,
    { ...ours, ca: read(other.certificatePath) },
    /POSTERN_REDIS_CA_FILE/,
  ],
  ['no authority of ours', url, { ...ours, ca: null }, /POSTERN_REDIS_CA_FILE/],
  ['another name than the certificate has', url.replace('localhost', '127.0.0.1'), ours, /for another name/],
  ['no certificate of ours', url, { ca, certificate: null, key: null }, /POSTERN_REDIS_CERTIFICATE_FILE/],
] as const

for (const [what, to, tls, told] of REFUSED) {
  test(`with ${what} Redis is of no use, says why in a sentence and delays nobody`, async (t) => {
    const { keyValue, troubles } = open(t, to, tls)
    await until('the trouble is told', 5_000, async () => {
      await keyValue.get('one', 100).catch(() => undefined)
      return troubles.some((trouble) => told.test(String(trouble)))
    })
    assert.match(String(keyValue.trouble), told)
    const began = performance.now()
    for (let asked = 0; asked < 50; asked++) await assert.rejects(keyValue.get('one', 100))
    assert.ok(performance.now() - began < 1_000)
  })
}

test('a Node that is told to believe every certificate believes none more of Redis', async (t) => {
  believeAll(t)
  const { keyValue } = open(t, url, { ...ours, ca: read(other.certificatePath) })
  await until('the trouble is told', 5_000, () => /POSTERN_REDIS_CA_FILE/.test(String(keyValue.trouble)))
})

test('a connection that fails twice, as one that is closed in its handshake, ends no process', async (t) => {
  const tls = { ...ours, ca: read(other.certificatePath) }
  await Promise.all(
    Array.from({ length: 30 }, async (_, afterMs) => {
      const { keyValue } = open(t, url, tls)
      await delay(afterMs)
      await keyValue.close()
    }),
  )
})

test('a certificate for another name is refused by sentinels and clusters alike, and that is told', async (t) => {
  const [sentinels, cluster] = await Promise.all([
    startTlsSentinel(t, by(elsewhere)),
    startTlsCluster(t, by(elsewhere)),
  ])
  for (const each of [sentinels, cluster]) {
    const { keyValue, troubles } = open(t, each, ours)
    await until('the trouble is told', 5_000, async () => {
      await keyValue.set('one', VALUE, 60_000).catch(() => undefined)
      return troubles.some((trouble) => /certificates and the names in them/.test(String(trouble)))
    })
    await assert.rejects(keyValue.get('one', 100))
  }
})

function open(t: Cleanup, to: string, tls: RedisTls): { keyValue: KeyValue; troubles: (string | null)[] } {
  const troubles: (string | null)[] = []
  const onTrouble = (trouble: string | null): void => void troubles.push(trouble)
  const now = (): number => performance.now()
  const keyValue = openRedis({ address: readAddress(to), sentinelPassword: null, tls, onTrouble, now })
  t.after(() => keyValue.close())
  return { keyValue, troubles }
}

function believeAll(t: Cleanup): void {
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
  t.after(async () => void delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'])
}

function read(path: string): string {
  return readFileSync(path, 'utf8')
}

function isTrue(): boolean {
  return true
}

function isFalse(): boolean {
  return false
}
