import assert from 'node:assert/strict'
import test from 'node:test'
import { loadConfig } from '../../src/config/load.ts'
import { SECRETS } from '../../src/config/secrets.ts'
import { SETTINGS } from '../../src/config/settings.ts'
import type { Environment, LoadedConfig } from '../../src/config/settings.ts'
import { makeCertificate } from '../support/tls.ts'

const { certificate: CERTIFICATE, key: KEY } = makeCertificate()
const SECRET = 'q7Yl0mPpWc3vTzXb9uR2sKfHjN5eGdAo'
const OTHER_SECRET = 'Zk4tVw8xBn1cQs6yLm3pRj7hFg2dUe5a'

/** For each setting a value that isn't its default, and what it is read as. */
const EXAMPLES: Readonly<Record<string, readonly [text: string, value: unknown]>> = {
  POSTERN_LISTEN: ['unix:/run/postern/portal.sock', { kind: 'unix', path: '/run/postern/portal.sock' }],
  POSTERN_VERIFY_LISTEN: ['0.0.0.0:90', { kind: 'tcp', host: '0.0.0.0', port: 90 }],
  POSTERN_OPS_LISTEN: ['[::1]:9999', { kind: 'tcp', host: '::1', port: 9999 }],
  POSTERN_SOCKET_GROUP: ['www-data', 'www-data'],
  POSTERN_PUBLIC_URL: ['https://app.example.com/.postern', new URL('https://app.example.com/.postern')],
  POSTERN_SESSION_SCOPE: ['domain', 'domain'],
  POSTERN_COOKIE_DOMAIN: ['example.com', 'example.com'],
  POSTERN_UPSTREAM: ['http://127.0.0.1:3000', new URL('http://127.0.0.1:3000')],
  POSTERN_DATA_DIR: ['/var/lib/postern', '/var/lib/postern'],
  POSTERN_DATABASE_POOL: ['7', 7],
  POSTERN_WORKERS: ['3', 3],
  POSTERN_PREPARED_STATEMENTS: ['no', false],
  POSTERN_POLICY_FILE: ['/etc/postern/policy.yaml', '/etc/postern/policy.yaml'],
  POSTERN_TRUSTED_PROXIES: ['10.0.0.0/8, 2001:db8::/32', ['10.0.0.0/8', '2001:db8::/32']],
  POSTERN_VERIFY_WITHOUT_SECRET: ['yes', true],
  POSTERN_EXPRESS_LANE: ['off', 'off'],
  POSTERN_TLS_CERTIFICATE_FILE: ['/etc/postern/tls.pem', '/etc/postern/tls.pem'],
  POSTERN_TLS_KEY_FILE: ['/etc/postern/tls.key', '/etc/postern/tls.key'],
  POSTERN_VERIFY_CLIENT_CA_FILE: ['/etc/postern/ca.pem', '/etc/postern/ca.pem'],
  POSTERN_VERIFY_CLIENT_NAMES: ['nginx.internal, Edge.Example.com', ['nginx.internal', 'edge.example.com']],
  POSTERN_AUTHELIA_PATHS: ['yes', true],
  POSTERN_ALLOW_HTTP: ['yes', true],
  POSTERN_IDLE_TIMEOUT: ['30m', 1_800_000],
  POSTERN_ABSOLUTE_TIMEOUT: ['7d', 604_800_000],
  POSTERN_SESSION_REMEMBER: ['14d', 1_209_600_000],
  POSTERN_DEVICE_TRUST: ['7d', 604_800_000],
  POSTERN_RATE_LIMITS: ['off', 'off'],
  POSTERN_CORS_ORIGINS: [
    'https://a.example.com, http://b.example.com:8080',
    ['https://a.example.com', 'http://b.example.com:8080'],
  ],
  POSTERN_SESSION_BINDING: ['strict', 'strict'],
  POSTERN_RISK_NOTIFY: ['20', 20],
  POSTERN_RISK_SECOND_FACTOR: ['0', 0],
  POSTERN_RISK_STOP: ['90', 90],
  POSTERN_OUTAGE_GRACE: ['5m', 300_000],
  POSTERN_PASSWORD_MIN_LENGTH: ['15', 15],
  POSTERN_PASSWORD_CLASSES: ['3', 3],
  POSTERN_PASSWORD_HISTORY: ['24', 24],
  POSTERN_MAIL_FROM: ['Sign-in <auth@example.com>', { name: 'Sign-in', address: 'auth@example.com' }],
  POSTERN_LANGUAGE: ['de-at', 'de-AT'],
  POSTERN_LANGUAGES_DIR: ['/etc/postern/languages', '/etc/postern/languages'],
  POSTERN_BRAND_NAME: ['Müller & Söhne', 'Müller & Söhne'],
  POSTERN_BRAND_LOGO: ['/etc/postern/logo.svg', '/etc/postern/logo.svg'],
  POSTERN_BRAND_ACCENT: ['#AA00FF', '#aa00ff'],
  POSTERN_AUDIT_SYSLOG: ['tls://[2001:db8::1]:6514', { protocol: 'tls', host: '2001:db8::1', port: 6514 }],
  POSTERN_SLOW_QUERY: ['250', 250],
  POSTERN_CERTIFICATE_FILES: ['/etc/a.pem, /etc/b.pem', ['/etc/a.pem', '/etc/b.pem']],
  POSTERN_TRACES_URL: ['http://127.0.0.1:4318', new URL('http://127.0.0.1:4318')],
  POSTERN_TRACES_SAMPLE: ['0.5', 0.5],
  POSTERN_AUDIT_RETENTION: ['90', 90],
  POSTERN_LOG_LEVEL: ['warn', 'warn'],
  POSTERN_DECISION_SAMPLE: ['0', 0],
  POSTERN_DATABASE_URL: ['postgres://postern@db/postern', 'postgres://postern@db/postern'],
  POSTERN_DATABASE_READ_URL: ['postgres://postern@db2/postern', 'postgres://postern@db2/postern'],
  POSTERN_DATABASE_READ_LAG: ['3s', 3_000],
  POSTERN_REDIS_URL: [
    'rediss+sentinel://:planted@one,two:7/main/2',
    {
      kind: 'sentinel',
      hosts: [
        { host: 'one', port: 26_379 },
        { host: 'two', port: 7 },
      ],
      tls: true,
      username: null,
      password: 'planted',
      database: 2,
      masterName: 'main',
    },
  ],
  POSTERN_REDIS_SENTINEL_PASSWORD: ['planted too', 'planted too'],
  POSTERN_REDIS_CA: [CERTIFICATE, CERTIFICATE],
  POSTERN_REDIS_CERTIFICATE: [CERTIFICATE, CERTIFICATE],
  POSTERN_REDIS_KEY: [KEY, KEY],
  POSTERN_SMTP_URL: [
    'smtps://auth:planted@mail.example.com',
    { host: 'mail.example.com', port: 465, security: 'tls', user: 'auth', password: 'planted' },
  ],
  POSTERN_SECRET_KEY: [SECRET, [SECRET]],
  POSTERN_PROXY_SECRET: [`${SECRET}, ${OTHER_SECRET}`, [SECRET, OTHER_SECRET]],
  POSTERN_IMPORT_PEPPER: ['pep: per', 'pep: per'],
  POSTERN_BACKUP_PASSPHRASE: ['pass: phrase', 'pass: phrase'],
  POSTERN_BASIC_PASSWORD: ['s3: cret', 's3: cret'],
  POSTERN_AUDIT_WEBHOOK_URL: [
    'https://siem.example.com/in?key=planted',
    new URL('https://siem.example.com/in?key=planted'),
  ],
  POSTERN_AUDIT_WEBHOOK_SECRET: [SECRET, [SECRET]],
  POSTERN_TRACES_HEADERS: ['Authorization=Bearer planted', { Authorization: 'Bearer planted' }],
}
const ENTRIES = [...Object.entries(SETTINGS), ...Object.entries(SECRETS)]

test('every setting is read from its own variable', () => {
  assertExamples(loaded(valuesOf(EXAMPLES)))
})

test('every setting is read from the file that its _FILE variable names, without the line end', () => {
  const names = Object.keys(EXAMPLES)
  const environment = Object.fromEntries(names.map((name) => [`${name}_FILE`, `/run/secrets/${name}`]))
  const files = Object.fromEntries(names.map((name) => [`/run/secrets/${name}`, `${EXAMPLES[name]?.[0]}\n`]))
  assertExamples(loaded(environment, files))
})

test('without any variable Postern is complete: embedded database, demo app, listeners on loopback alone', () => {
  const { config, secrets } = loaded({ PATH: '/usr/bin' })
  assert.deepEqual(new Set(Object.values(secrets)), new Set([null]))
  const { publicUrl, upstream, listen, verifyListen, opsListen, ...rest } = config
  assert.equal(publicUrl.href, 'http://localhost:9080/.postern')
  assert.equal(upstream, 'demo')
  assert.deepEqual(
    [listen, verifyListen, opsListen],
    [9080, 9081, 9082].map((port) => ({ kind: 'tcp', host: '127.0.0.1', port })),
  )
  assert.deepEqual(rest, {
    socketGroup: null,
    dataDir: './data',
    sessionScope: 'host',
    cookieDomain: null,
    databasePool: 25,
    databaseReadLag: 10_000,
    workers: 1,
    preparedStatements: true,
    policyFile: null,
    trustedProxies: ['127.0.0.0/8', '::1/128'],
    verifyWithoutSecret: false,
    expressLane: 'auto',
    tlsCertificateFile: null,
    tlsKeyFile: null,
    verifyClientCaFile: null,
    verifyClientNames: null,
    autheliaPaths: false,
    allowHttp: false,
    idleTimeout: 28_800_000,
    absoluteTimeout: 86_400_000,
    sessionRemember: 2_592_000_000,
    deviceTrust: 2_592_000_000,
    rateLimits: 'on',
    corsOrigins: null,
    sessionBinding: 'notify',
    riskNotify: 30,
    riskSecondFactor: 50,
    riskStop: 0,
    outageGrace: 60_000,
    passwordMinLength: 12,
    passwordClasses: 0,
    passwordHistory: 5,
    mailFrom: null,
    language: 'en',
    languagesDir: null,
    brandName: 'Postern',
    brandLogo: null,
    brandAccent: null,
    tracesUrl: null,
    tracesSample: 0.01,
    slowQuery: 500,
    certificateFiles: null,
    logLevel: 'info',
    decisionSample: 1_000,
    auditRetention: 400,
    auditSyslog: null,
  })
})

test('being remembered lasts five minutes to thirty days, and a plain 0 turns the offer off', () => {
  const remember = (POSTERN_SESSION_REMEMBER: string): number =>
    loaded({ POSTERN_SESSION_REMEMBER, POSTERN_ABSOLUTE_TIMEOUT: '5m', POSTERN_IDLE_TIMEOUT: '5m' }).config
      .sessionRemember
  assert.deepEqual(['0', '5m', '30d'].map(remember), [0, 300_000, 2_592_000_000])
  for (const wrong of ['0s', '299s', '31d', '00', '-1', 'off']) assert.throws(() => remember(wrong), wrong)
})

test('an empty variable is as if it were not there', () => {
  const environment = Object.fromEntries(Object.keys(EXAMPLES).map((name) => [name, '']))
  assert.deepEqual(loaded(environment), loaded({}))
})

test('the public URL follows the port of POSTERN_LISTEN, and turns the demo app off where it is set', () => {
  assert.equal(loaded({ POSTERN_LISTEN: '127.0.0.1:8000' }).config.publicUrl.href, 'http://localhost:8000/.postern')
  const named = { POSTERN_PUBLIC_URL: 'https://app.example.com/.postern' }
  assert.equal(loaded(named).config.upstream, null)
  assert.equal(loaded({ ...named, POSTERN_UPSTREAM: 'demo' }).config.upstream, 'demo')
  assert.equal(loaded({ POSTERN_UPSTREAM: 'off' }).config.upstream, null)
})

test('every mistake is told at once, each beginning with its setting', () => {
  const wrong = ENTRIES.map(([, { name }]) => name).filter(
    (name) =>
      !/DATA_DIR|LANGUAGES_DIR|BRAND_NAME|BRAND_LOGO|POLICY_FILE|SENTINEL_PASSWORD|BASIC_PASSWORD|IMPORT_PEPPER|BACKUP_PASSPHRASE/.test(
        name,
      ),
  )
  const environment: Environment = Object.fromEntries([...wrong, 'POSTERN_LISTNE'].map((name) => [name, '?']))
  const sentences = mistakes(environment)
  assert.deepEqual(new Set(sentences.map((sentence) => sentence.split(' ')[0])), new Set(Object.keys(environment)))
  assert.equal(sentences.length, wrong.length + 1)
  for (const sentence of sentences) assert.match(sentence, /\.$|\?$/)
})

test('a mistake in one setting does not hide that others contradict each other, and is told once', () => {
  const wrong = {
    POSTERN_LOG_LEVEL: 'loud',
    POSTERN_DATABASE_URL: 'postgres://db/postern',
    POSTERN_LISTEN: '127.0.0.1:9081',
    POSTERN_IDLE_TIMEOUT: 'long',
  }
  const names = mistakes(wrong).map((sentence) => sentence.split(/[ =]/, 1)[0])
  assert.deepEqual(new Set(names), new Set(['POSTERN_IDLE_TIMEOUT', 'POSTERN_LOG_LEVEL', 'POSTERN_SECRET_KEY', 'Two']))
  assert.equal(mistakes({ POSTERN_DATABASE_URL: 'postgres://db/postern', POSTERN_SECRET_KEY: 'short' }).length, 1)
})

test('what Kubernetes puts into a Pod for a Service named postern is no mistake', () => {
  const links = ['SERVICE_HOST', 'SERVICE_PORT', 'SERVICE_PORT_HTTP', 'PORT', 'PORT_9080_TCP', 'PORT_9080_TCP_ADDR']
  const named = ['POSTERN_', 'POSTERN_VERIFY_'].flatMap((start) => links.map((link) => [`${start}${link}`, 'x']))
  assert.equal(loaded(Object.fromEntries(named) as Environment).config.upstream, 'demo')
})

test('an unknown name of ours is a mistake that names the nearest setting; names of others are not looked at', () => {
  assert.deepEqual(mistakes({ POSTERN_LISEN: '127.0.0.1:1', postern_listen: 'x', POSTERNS_LISTEN: 'x' }), [
    'POSTERN_LISEN is not a setting; did you mean POSTERN_LISTEN?',
  ])
  assert.deepEqual(mistakes({ POSTERN_PROXY_SECRETS_FILE: 'x' }).length, 1)
})

test('a setting given both as value and as file is a mistake', () => {
  const environment = { POSTERN_LOG_LEVEL: 'info', POSTERN_LOG_LEVEL_FILE: '/level' }
  assert.deepEqual(mistakes(environment, { '/level': 'info' }), [
    'POSTERN_LOG_LEVEL and POSTERN_LOG_LEVEL_FILE are both set; keep one.',
  ])
})

test('a file that cannot be read stops with exit code 1 and names setting and path', () => {
  assert.throws(() => loaded({ POSTERN_SECRET_KEY_FILE: '/gone' }), {
    name: 'OperatorError',
    exitCode: 1,
    message: /POSTERN_SECRET_KEY_FILE.*\/gone/,
  })
})

test('an empty file of a secret is a mistake, not a missing secret', () => {
  for (const name of ['POSTERN_SECRET_KEY', 'POSTERN_PROXY_SECRET', 'POSTERN_DATABASE_URL']) {
    assert.equal(mistakes({ [`${name}_FILE`]: '/empty' }, { '/empty': '\n' }).length, 1, name)
  }
})

test('no secret stands in a Config, however it is looked at', () => {
  const { config } = loaded(valuesOf(EXAMPLES))
  const shown = JSON.stringify(config)
  for (const secret of [SECRET, OTHER_SECRET, 'postgres:', 'planted'])
    assert.equal(shown.includes(secret), false, secret)
  for (const key of Object.keys(SECRETS)) assert.equal(key in config, false, key)
})

test('no mistake repeats the secret that it is about', () => {
  const wrong = {
    POSTERN_DATABASE_URL: 'mysql://postern:hunter2@db/postern',
    POSTERN_SECRET_KEY: 'hunter2',
    POSTERN_PROXY_SECRET: 'hunter2,hunter2,hunter2',
  }
  const sentences = mistakes(wrong)
  assert.equal(sentences.length, 3)
  assert.equal(sentences.join().includes('hunter2'), false)
})

function assertExamples({ config, secrets }: LoadedConfig): void {
  const values: Readonly<Record<string, unknown>> = { ...config, ...secrets }
  for (const [key, { name }] of ENTRIES) assert.deepEqual(values[key], EXAMPLES[name]?.[1], name)
}

function valuesOf(examples: typeof EXAMPLES): Environment {
  return Object.fromEntries(Object.entries(examples).map(([name, [text]]) => [name, text]))
}

function loaded(environment: Environment, files: Readonly<Record<string, string>> = {}): LoadedConfig {
  const outcome = load(environment, files)
  if ('config' in outcome) return outcome
  throw new Error(outcome.map(({ sentence }) => sentence).join('\n'))
}

function mistakes(environment: Environment, files: Readonly<Record<string, string>> = {}): string[] {
  const outcome = load(environment, files)
  return 'config' in outcome ? [] : outcome.map(({ sentence }) => sentence)
}

function load(environment: Environment, files: Readonly<Record<string, string>>): ReturnType<typeof loadConfig> {
  return loadConfig(environment, (path) => {
    const text = files[path]
    if (text === undefined) throw new Error(`no file ${path}`)
    return text
  })
}
