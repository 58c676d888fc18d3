import assert from 'node:assert/strict'
import test from 'node:test'
import { loadConfig } from '../../src/config/load.ts'
import type { Environment } from '../../src/config/settings.ts'
import { makeCertificate } from '../support/tls.ts'

const { certificate: CERTIFICATE } = makeCertificate()
const SECRET = 'q7Yl0mPpWc3vTzXb9uR2sKfHjN5eGdAo'
const NETWORK = { POSTERN_VERIFY_LISTEN: '0.0.0.0:9081' }
const PEERS = { POSTERN_TRUSTED_PROXIES: '10.0.0.0/8' }
const TLS = { POSTERN_TLS_CERTIFICATE_FILE: '/a.pem', POSTERN_TLS_KEY_FILE: '/a.key' }

const refused: readonly [what: string, environment: Environment, settings: readonly string[]][] = [
  ['PostgreSQL without a secret key', { POSTERN_DATABASE_URL: 'postgres://db/postern' }, ['POSTERN_SECRET_KEY']],
  [
    'a remembered sign-in shorter than the absolute timeout',
    { POSTERN_SESSION_REMEMBER: '1h' },
    ['POSTERN_SESSION_REMEMBER'],
  ],
  [
    'an idle timeout over the absolute one',
    { POSTERN_IDLE_TIMEOUT: '2d', POSTERN_ABSOLUTE_TIMEOUT: '1d' },
    ['POSTERN_IDLE_TIMEOUT'],
  ],
  [
    'a webhook without the secret that signs what it gets',
    { POSTERN_AUDIT_WEBHOOK_URL: 'https://siem.example.com' },
    ['POSTERN_AUDIT_WEBHOOK_SECRET'],
  ],
  ['a webhook secret without a webhook', { POSTERN_AUDIT_WEBHOOK_SECRET: SECRET }, ['POSTERN_AUDIT_WEBHOOK_SECRET']],
  [
    'a webhook without TLS',
    { POSTERN_AUDIT_WEBHOOK_URL: 'http://siem.example.com', POSTERN_AUDIT_WEBHOOK_SECRET: SECRET },
    ['POSTERN_AUDIT_WEBHOOK_URL'],
  ],
  [
    'an authority for a Redis without TLS',
    { POSTERN_REDIS_URL: 'redis://redis', POSTERN_REDIS_CA: CERTIFICATE },
    ['POSTERN_REDIS_CA'],
  ],
  [
    'a certificate for Redis without its key',
    { POSTERN_REDIS_URL: 'rediss://redis', POSTERN_REDIS_CERTIFICATE: CERTIFICATE },
    ['POSTERN_REDIS_CERTIFICATE'],
  ],
  ['a public URL without TLS', { POSTERN_PUBLIC_URL: 'http://app.example.com/.postern' }, ['POSTERN_PUBLIC_URL']],
  [
    'a public URL without our path in proxy mode',
    { POSTERN_PUBLIC_URL: 'https://app.example.com', POSTERN_UPSTREAM: 'http://127.0.0.1:3000' },
    ['POSTERN_PUBLIC_URL'],
  ],
  ['a public URL with another path', { POSTERN_PUBLIC_URL: 'https://app.example.com/auth' }, ['POSTERN_PUBLIC_URL']],
  [
    'FWD-17: a verify listener on the network without peers and secret',
    NETWORK,
    ['POSTERN_VERIFY_LISTEN', 'POSTERN_VERIFY_LISTEN'],
  ],
  [
    'FWD-17: a verify listener on the network with an empty list of peers',
    { ...NETWORK, POSTERN_TRUSTED_PROXIES: '', POSTERN_PROXY_SECRET: SECRET },
    ['POSTERN_VERIFY_LISTEN'],
  ],
  ['a certificate without its key', { POSTERN_TLS_CERTIFICATE_FILE: '/a.pem' }, ['POSTERN_TLS_KEY_FILE']],
  ['a key without its certificate', { POSTERN_TLS_KEY_FILE: '/a.key' }, ['POSTERN_TLS_KEY_FILE']],
  [
    'TLS while both listeners are Unix sockets',
    { ...TLS, POSTERN_LISTEN: 'unix:/a', POSTERN_VERIFY_LISTEN: 'unix:/b' },
    ['POSTERN_TLS_CERTIFICATE_FILE'],
  ],
  [
    'TLS under a public URL without it',
    { ...TLS, POSTERN_PUBLIC_URL: 'http://localhost:9080/.postern' },
    ['POSTERN_PUBLIC_URL'],
  ],
  ['certificates of proxies without TLS', { POSTERN_VERIFY_CLIENT_CA_FILE: '/ca' }, ['POSTERN_VERIFY_CLIENT_CA_FILE']],
  [
    'certificates of proxies on a Unix socket',
    { ...TLS, POSTERN_VERIFY_CLIENT_CA_FILE: '/ca', POSTERN_VERIFY_LISTEN: 'unix:/a' },
    ['POSTERN_VERIFY_CLIENT_CA_FILE'],
  ],
  [
    'names in certificates that nobody asks for',
    { ...TLS, POSTERN_VERIFY_CLIENT_NAMES: 'nginx.internal' },
    ['POSTERN_VERIFY_CLIENT_NAMES'],
  ],
  [
    'FWD-17: a verify listener on the network with certificates of proxies, but without peers',
    { ...NETWORK, ...TLS, POSTERN_VERIFY_CLIENT_CA_FILE: '/ca' },
    ['POSTERN_VERIFY_LISTEN'],
  ],
  ['a verify listener on the network with TLS alone', { ...NETWORK, ...PEERS, ...TLS }, ['POSTERN_VERIFY_LISTEN']],
  ['a verify listener on the network without a secret', { ...NETWORK, ...PEERS }, ['POSTERN_VERIFY_LISTEN']],
  [
    'a verify listener on the network without peers',
    { ...NETWORK, POSTERN_PROXY_SECRET: SECRET },
    ['POSTERN_VERIFY_LISTEN'],
  ],
  ['a verify listener on a name', { ...PEERS, POSTERN_VERIFY_LISTEN: 'gateway:9081' }, ['POSTERN_VERIFY_LISTEN']],
  ['a verify listener on every IPv6 address', { ...PEERS, POSTERN_VERIFY_LISTEN: '[::]:1' }, ['POSTERN_VERIFY_LISTEN']],
  ['two listeners on one address', { POSTERN_LISTEN: '127.0.0.1:9081' }, ['Two']],
  ['two listeners on one socket', { POSTERN_LISTEN: 'unix:/a', POSTERN_OPS_LISTEN: 'unix:/a' }, ['Two']],
  [
    'three listeners on one address',
    { POSTERN_LISTEN: '[::1]:1', POSTERN_VERIFY_LISTEN: '[::1]:1', POSTERN_OPS_LISTEN: '[::1]:1' },
    ['Two'],
  ],
  [
    'several contradictions, all told',
    { ...NETWORK, ...PEERS, POSTERN_DATABASE_URL: 'postgres://db/postern', POSTERN_IDLE_TIMEOUT: '30d' },
    ['POSTERN_IDLE_TIMEOUT', 'POSTERN_SECRET_KEY', 'POSTERN_VERIFY_LISTEN'],
  ],
]
for (const [what, environment, settings] of refused) {
  test(`the start is refused for ${what}`, () => {
    const first = sentencesOf(environment).map((sentence) => sentence.split(/[ =]/)[0] ?? '')
    assert.deepEqual(first.sort(), settings)
  })
}

const accepted: readonly [what: string, environment: Environment][] = [
  ['PostgreSQL with a secret key', { POSTERN_DATABASE_URL: 'postgres://db/postern', POSTERN_SECRET_KEY: SECRET }],
  ['a portal on a host of its own', { POSTERN_PUBLIC_URL: 'https://auth.example.com' }],
  ['equal timeouts', { POSTERN_IDLE_TIMEOUT: '1d', POSTERN_ABSOLUTE_TIMEOUT: '24h' }],
  [
    'a public URL without TLS where the operator says so',
    { POSTERN_PUBLIC_URL: 'http://app.example.com/.postern', POSTERN_ALLOW_HTTP: 'yes' },
  ],
  ['localhost without TLS', { POSTERN_PUBLIC_URL: 'http://[::1]:9080/.postern/' }],
  ['a verify listener on the network with peers and secret', { ...NETWORK, ...PEERS, POSTERN_PROXY_SECRET: SECRET }],
  [
    'a verify listener on the network with peers and certificates of proxies',
    { ...NETWORK, ...PEERS, ...TLS, POSTERN_VERIFY_CLIENT_CA_FILE: '/ca' },
  ],
  ['TLS on a portal alone', { ...TLS, POSTERN_VERIFY_LISTEN: 'unix:/a' }],
  [
    'a verify listener on the network for a proxy that sends no secret',
    { ...NETWORK, ...PEERS, POSTERN_VERIFY_WITHOUT_SECRET: 'yes' },
  ],
  ['a verify listener on another loopback address', { POSTERN_VERIFY_LISTEN: '127.8.9.10:9081' }],
  ['a verify listener on a Unix socket', { POSTERN_VERIFY_LISTEN: 'unix:/run/verify.sock' }],
  ['ports that the kernel chooses', { POSTERN_LISTEN: '127.0.0.1:0', POSTERN_OPS_LISTEN: '127.0.0.1:0' }],
]
for (const [what, environment] of accepted) {
  test(`the start is not refused for ${what}`, () => assert.deepEqual(sentencesOf(environment), []))
}

function sentencesOf(environment: Environment): string[] {
  const outcome = loadConfig(environment, () => '')
  return 'config' in outcome ? [] : outcome.map(({ sentence }) => sentence)
}
