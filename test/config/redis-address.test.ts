import assert from 'node:assert/strict'
import { test } from 'node:test'
import { redisAddress } from '../../src/config/redis-address.ts'
import { Mistake } from '../../src/config/values.ts'
import { testConfig } from '../support/app.ts'

const ONE = { kind: 'server', tls: false, username: null, password: null, database: 0, masterName: '' }

const READ: readonly (readonly [url: string, expected: object])[] = [
  ['redis://cache', { ...ONE, hosts: [{ host: 'cache', port: 6379 }] }],
  ['redis://10.0.0.7:6380/', { ...ONE, hosts: [{ host: '10.0.0.7', port: 6380 }] }],
  ['rediss://[2001:db8::1]:6380/15', { ...ONE, tls: true, database: 15, hosts: [{ host: '2001:db8::1', port: 6380 }] }],
  ['redis://:p%40ss%3A@cache', { ...ONE, password: 'p@ss:', hosts: [{ host: 'cache', port: 6379 }] }],
  [
    'rediss+sentinel://postern:pass@s1,s2:26380/main/2',
    {
      kind: 'sentinel',
      tls: true,
      username: 'postern',
      password: 'pass',
      database: 2,
      masterName: 'main',
      hosts: [
        { host: 's1', port: 26379 },
        { host: 's2', port: 26380 },
      ],
    },
  ],
  [
    'redis+cluster://n1:7000,n2/',
    {
      ...ONE,
      kind: 'cluster',
      hosts: [
        { host: 'n1', port: 7000 },
        { host: 'n2', port: 6379 },
      ],
    },
  ],
]

const REFUSED: readonly string[] = [
  '',
  'cache:6379',
  'http://cache',
  'redis://',
  'redis:///0',
  'redis://cache:0',
  'redis://cache:65536',
  'redis://cache:',
  'redis://one,two',
  'redis://cache/main',
  'redis://cache/0?tls=yes',
  'redis://cache#0',
  'redis://user@cache',
  'redis://user:@cache',
  'redis://:p%zz@cache',
  'redis://a:b:c@cache',
  'redis://a@b:c@cache',
  'redis+sentinel://s1',
  'redis+sentinel://s1/main/x',
  'redis+cluster://n1/1',
  'redis+cluster://n1,',
  'redis+socket://n1',
  'redis://cache\n',
  'redis://ca che',
]

test('the address of Redis is read in each of its forms', () => {
  for (const [url, expected] of READ) assert.deepEqual(redisAddress(url), expected, url)
})

test('any other text is a mistake, which does not tell it back', () => {
  for (const url of REFUSED) {
    const mistake = redisAddress(url)
    assert.ok(mistake instanceof Mistake, url)
    assert.ok(url === '' || !mistake.sentence.includes(`${url} `), url)
  }
})

test('a password for sentinels is refused where there are none', () => {
  const env = { POSTERN_REDIS_SENTINEL_PASSWORD: 'secret' }
  assert.throws(() => testConfig(env), /POSTERN_REDIS_SENTINEL_PASSWORD/)
  assert.throws(() => testConfig({ ...env, POSTERN_REDIS_URL: 'redis://cache' }), /POSTERN_REDIS_SENTINEL_PASSWORD/)
  const { secrets } = testConfig({ ...env, POSTERN_REDIS_URL: 'redis+sentinel://s1/main' })
  assert.equal(secrets.redisSentinelPassword, 'secret')
})
