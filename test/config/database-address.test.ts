import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { databaseUrl, hostText, readDatabaseAddress, replicaUrl } from '../../src/config/database-address.ts'
import type { DatabaseAddress, DatabaseHost } from '../../src/config/database-address.ts'
import { tlsModeFor } from '../../src/config/database-tls.ts'
import { Mistake } from '../../src/config/values.ts'

const SECRET = 'hunter2'

const READ: readonly (readonly [url: string, hosts: readonly string[], wanted: string])[] = [
  ['postgres://h/d', ['h:5432'], 'primary'],
  ['postgresql:///d?host=/run', ['/run/.s.PGSQL.5432'], 'primary'],
  ['postgresql://u@%2Frun%2Fpostgresql/d', ['/run/postgresql/.s.PGSQL.5432'], 'primary'],
  ['postgresql://', ['localhost:5432'], 'primary'],
  ['postgresql://u:p@h1:5432,h2:5433/d', ['h1:5432', 'h2:5433'], 'read-write'],
  ['postgresql://h1,[::1]:6/d?target_session_attrs=any', ['h1:5432', '[::1]:6'], 'any'],
  ['postgresql://h1,h2/d?target_session_attrs=primary', ['h1:5432', 'h2:5432'], 'primary'],
  ['postgres:///d?host=h1,10.0.0.1,/run&port=1,2,3', ['h1:1', '10.0.0.1:2', '/run/.s.PGSQL.3'], 'read-write'],
  ['postgres:///d?host=h1,h2&port=7', ['h1:7', 'h2:7'], 'read-write'],
  ['postgres://h?dbname=d&user=u&password=p', ['h:5432'], 'primary'],
]

test('a URL names one server or several, and says which of them is wanted', () => {
  for (const [url, hosts, wanted] of READ) {
    const address = read(url)
    assert.deepEqual([address.hosts.map(hostText), address.wanted], [hosts, wanted], url)
  }
})

test('what is doubled, unknown, contradictory or can not be read is refused, and the sentence tells nothing of it', () => {
  const refused = [
    '',
    'mysql://h/d',
    ' postgres://h',
    'postgres://h /d',
    `postgres://u:${SECRET}@h:port/d`,
    `postgres://u:${SECRET}@[::/d`,
    `postgres://u:${SECRET}@h:0/d`,
    `postgres://u:${SECRET}@h:65536/d`,
    `postgres://u:${SECRET}:x@h/d`,
    `postgres://u:${SECRET}%2@h/d`,
    `postgres://u:${SECRET}%00@h/d`,
    `postgres://u:${SECRET}@h,/d`,
    `postgres://u:${SECRET}@,h/d`,
    `postgres://u:${SECRET}@a@b/d`,
    `postgres://u:${SECRET}@h/d/e`,
    `postgres://u:${SECRET}@h/d#f`,
    `postgres://u:${SECRET}@h/d?user=v`,
    `postgres://u:${SECRET}@h/d?host=v`,
    `postgres://u:${SECRET}@h/d?password=v`,
    `postgres://u:${SECRET}@h/d?dbname=e`,
    `postgres:///d?host=a,b&port=1,2,3&password=${SECRET}`,
    `postgres://u:${SECRET}@h/d?${SECRET}=1`,
    `postgres://u:${SECRET}@h/d?sslmode`,
    `postgres://u:${SECRET}@h/d?sslmode=`,
    `postgres://u:${SECRET}@h/d?sslmode=prefer`,
    `postgres://u:${SECRET}@h/d?sslmode=require&sslmode=disable`,
    `postgres://u:${SECRET}@h/d?sslmode=verify-ca`,
    `postgres://u:${SECRET}@h/d?sslmode=require&sslrootcert=system`,
    `postgres://u:${SECRET}@h/d?ssl=true&sslmode=require`,
    `postgres://u:${SECRET}@h/d?ssl=1`,
    `postgres://u:${SECRET}@h/d?sslcert=/c`,
    `postgres://u:${SECRET}@h/d?connect_timeout=0`,
    `postgres://u:${SECRET}@h/d?target_session_attrs=master`,
    `postgres://u:${SECRET}@h/d?target_session_attrs=toString`,
  ]
  for (const url of refused) {
    const mistake = readDatabaseAddress(url)
    assert.ok(mistake instanceof Mistake, url)
    assert.doesNotMatch(mistake.sentence, new RegExp(SECRET))
  }
})

test('a URL for writing leads to no standby, not by chance either, and one for reading to nothing else', () => {
  const [standby, primary] = ['standby', 'primary'].map((wanted) => `postgres://h/d?target_session_attrs=${wanted}`)
  assert.ok(databaseUrl(standby ?? '') instanceof Mistake)
  assert.ok(databaseUrl('postgres://h/d?target_session_attrs=any') instanceof Mistake)
  assert.equal(databaseUrl(primary ?? ''), primary)
  assert.ok(replicaUrl(primary ?? '') instanceof Mistake)
  assert.equal(replicaUrl(standby ?? ''), standby)
})

test('connections that leave the machine are verified unless the URL says otherwise', () => {
  const modeOf = (url: string): string => {
    const { tls, hosts } = read(url)
    return hosts.map((host) => tlsModeFor(tls, host.host)).join()
  }
  assert.equal(modeOf('postgres://db/d'), 'verify-full')
  assert.equal(modeOf('postgres://db,localhost,127.0.0.2,[::1]/d'), 'verify-full,disable,disable,disable')
  assert.equal(modeOf('postgres:///d?host=/run,db'), 'disable,verify-full')
  assert.equal(modeOf('postgres://localhost/d?sslrootcert=/ca'), 'verify-full')
  assert.equal(modeOf('postgres://localhost/d?ssl=true'), 'require')
  assert.equal(modeOf('postgres://db/d?sslmode=disable'), 'disable')
  assert.equal(modeOf('postgres:///d?host=/run&sslmode=verify-full'), 'disable')
})

const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .filter((each) => !each.includes('\0') && each.isWellFormed())
const host = fc.oneof(
  fc.constantFrom('db', 'db-1.example.com', '10.1.2.3', '::1', '2001:db8::7', '/run/postgresql', '/tmp/a b'),
  fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,8}$/),
)
const place = fc.record({ host, port: fc.integer({ min: 1, max: 65_535 }) }, { noNullPrototype: true })
const urls = fc.record({
  hosts: fc.array(place, { minLength: 1, maxLength: 4 }),
  user: fc.option(text),
  password: fc.option(text),
  database: fc.option(text.filter((each) => each !== '')),
  asParameters: fc.boolean(),
  wanted: fc.constantFrom('any', 'read-write', 'primary', 'standby'),
})

test('what is written by the rules is read as it was meant', () => {
  fc.assert(
    fc.property(urls, ({ hosts, user, password, database, asParameters, wanted }) => {
      const secret = user === null ? null : password
      const url = asParameters ? byParameters(hosts) : byPlace(hosts)
      const who =
        user === null ? '' : `${encodeURIComponent(user)}${secret === null ? '' : `:${encodeURIComponent(secret)}`}@`
      const name = database === null ? '' : `/${encodeURIComponent(database)}`
      const address = read(`postgresql://${who}${url.place}${name}?${url.query}target_session_attrs=${wanted}`)
      assert.deepEqual(address.hosts, hosts)
      assert.deepEqual([address.user, address.password, address.database], [user, secret, database])
      assert.equal(address.wanted, wanted)
    }),
  )
})

test('any text is read or refused, without throwing', () => {
  const parts = fc.constantFrom(
    'postgres://',
    '@',
    ':',
    '/',
    '?',
    '&',
    '=',
    ',',
    '[',
    ']',
    '%2f',
    '%',
    'host',
    'sslmode',
    '5432',
  )
  const mixed = fc.array(fc.oneof(parts, fc.string())).map((each) => `postgres://${each.join('')}`)
  fc.assert(
    fc.property(fc.oneof(fc.string(), mixed), (url) => {
      const address = readDatabaseAddress(url)
      if (!(address instanceof Mistake))
        assert.ok(address.hosts.length > 0 && address.hosts.every((each) => each.host !== ''))
    }),
  )
})

function byPlace(hosts: readonly DatabaseHost[]): { place: string; query: string } {
  const written = hosts.map(
    ({ host: name, port }) => `${name.includes(':') ? `[${name}]` : encodeURIComponent(name)}:${port}`,
  )
  return { place: written.join(), query: '' }
}

function byParameters(hosts: readonly DatabaseHost[]): { place: string; query: string } {
  const names = hosts.map(({ host: name }) => encodeURIComponent(name)).join(',')
  return { place: '', query: `host=${names}&port=${hosts.map(({ port }) => port).join()}&` }
}

function read(url: string): DatabaseAddress {
  const address = readDatabaseAddress(url)
  assert.ok(!(address instanceof Mistake), `${url}: ${address instanceof Mistake ? address.sentence : ''}`)
  return address
}
