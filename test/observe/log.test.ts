import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { mintToken } from '../../src/lib/tokens.ts'
import { createLog } from '../../src/observe/log.ts'
import type { Log } from '../../src/observe/log.ts'
import { key, ringOf } from '../lib/rings.ts'

const SECRET = 'hunter2-planted-secret'
const TOKENS = (['portal', 'reset', 'device', 'api'] as const).map((purpose) => mintToken(ringOf(key(1)), purpose))
const NAMES = ['password', 'token', 'secret', 'cookie', 'authorization', 'csrf', 'rd', 'hash', 'pepper', 'key']

interface Lines {
  readonly log: Log
  readonly lines: string[]
}

function open(level = 'info'): Lines {
  const lines: string[] = []
  return { log: createLog(level, { write: (line) => void lines.push(line) }), lines }
}

test('a line is one JSON object with level, time, message and the facts, and nothing about the machine', () => {
  const { log, lines } = open()
  log.info({ requestId: 'r1', status: 200 }, 'answered')
  const { time, ...rest } = JSON.parse(lines[0] ?? '') as Record<string, unknown>
  assert.deepEqual(rest, { level: 'info', requestId: 'r1', status: 200, msg: 'answered' })
  assert.match(String(time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
})

test('nothing below the level is written', () => {
  const { log, lines } = open('warn')
  log.info('no')
  log.warn('yes')
  assert.equal(lines.length, 1)
})

test('LOG-01: an event is one line whatever a value or a message holds, and nothing of it reaches a terminal', () => {
  const { log, lines } = open()
  const nasty = 'a\nb\r\n\u001b[31mred\u009b31m\u007f\u0085\u2028\u2029","level":"fatal"}\n{"x":"'
  log.info({ login: nasty, deep: { path: nasty }, err: new Error(nasty) }, nasty)
  assert.equal(lines.length, 1)
  const line = lines[0] ?? ''
  assert.match(line, /^[^\p{Cc}\p{Zl}\p{Zp}]*\n$/u)
  const { level, login, msg } = JSON.parse(line) as Record<string, unknown>
  assert.deepEqual([level, login, msg], ['info', nasty, nasty])
})

test('LOG-01: any text comes back from its line as it went in', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), (one, other) => {
      const { log, lines } = open()
      log.info({ one, list: [other] }, other)
      assert.equal(
        lines
          .join()
          .trimEnd()
          .split(/[\n\r\u2028\u2029\u0085]/).length,
        1,
      )
      const read = JSON.parse(lines.join()) as { one: string; list: string[] }
      assert.deepEqual([read.one, read.list[0]], [one, other.toWellFormed()])
    }),
  )
})

const shapes: Readonly<Record<string, (name: string) => object>> = {
  'at the top': (name) => ({ [name]: SECRET }),
  'one level down': (name) => ({ user: { [name]: SECRET } }),
  'two levels down': (name) => ({ req: { body: { [name]: SECRET } } }),
  'six levels down': (name) => ({ a: { b: { c: { d: { e: { [name]: SECRET } } } } } }),
  'in a list': (name) => ({ list: [{ [name]: SECRET }, { x: [{ [name]: SECRET }] }] }),
  'as a list': (name) => ({ a: { b: { c: { [name]: [SECRET, `"${SECRET}\\`] } } } }),
  'as an object': (name) => ({ [name]: { value: SECRET }, a: { [name]: { value: SECRET } } }),
  'on an error': (name) => ({ err: Object.assign(new Error('broken'), { [name]: SECRET }) }),
  'with quotes in it': (name) => ({ a: { b: { c: { [name]: `"\\"${SECRET}\\` } } } }),
}
for (const [where, make] of Object.entries(shapes)) {
  test(`LOG-02: a value under the name of a secret ${where} is taken out, and the line stays JSON`, () => {
    const { log, lines } = open()
    for (const name of NAMES) log.info(make(name), 'planted')
    log.child(make('token')).info('planted in a child')
    assert.equal(lines.length, NAMES.length + 1)
    for (const line of lines) {
      assert.equal(line.includes(SECRET), false, line)
      assert.ok(line.includes('[redacted]'))
      assert.equal((JSON.parse(line) as Record<string, unknown>)['level'], 'info')
    }
  })
}

test('LOG-02: names that headers, columns and settings have for secrets are known in any letter case', () => {
  const headers = ['set-cookie', 'Cookie', 'Authorization', 'proxy-authorization', 'X-Postern-Secret', 'x-csrf-token']
  const others = [
    'password_hash',
    'newPassword',
    'sessionToken',
    'secretKey',
    'proxySecret',
    'databaseUrl',
    'DATABASE_URL',
  ]
  const { log, lines } = open()
  for (const name of [...headers, ...others]) log.info({ req: { headers: { [name]: SECRET } } }, 'planted')
  for (const line of lines) assert.equal(line.includes(SECRET), false, line)
})

test('LOG-02: our tokens are taken out of messages, stacks, causes and addresses, whatever stands before them', () => {
  const { log, lines } = open()
  const before = ['', ' ', '=', '\n', '\t', '"', '\\', 'x', '_', '%3D', '/invite/', 'é']
  for (const holding of before.flatMap((text) => TOKENS.map((token) => `${text}${token}`))) {
    log.info({ url: holding }, holding)
    log.error({ err: new Error(holding, { cause: new Error(`cause ${holding}`) }) })
    log.error(new Error(holding))
  }
  assert.equal(lines.length, before.length * TOKENS.length * 3)
  for (const line of lines) {
    for (const token of TOKENS) assert.equal(line.includes(token.slice(6, 40)), false, line)
    assert.ok(line.includes('[redacted]'))
    assert.doesNotThrow(() => void JSON.parse(line))
  }
})

test('LOG-02: the password in a database URL is taken out of messages and stacks', () => {
  const { log, lines } = open()
  const url = `postgres://postern:${SECRET}@db.example.com:5432/postern`
  log.info(`connecting to ${url}`)
  log.error({ err: new Error(`no answer from ${url}`) })
  for (const line of lines) {
    assert.equal(line.includes(SECRET), false, line)
    assert.ok(line.includes('db.example.com:5432/postern'))
  }
})

test('what is no secret stays readable', () => {
  const facts = { route: '/reset/:token', code: 'invalid_token', url: 'https://app.example.com:8443/a@b', login: 'p01' }
  const { log, lines } = open()
  log.info(facts, 'the password was wrong')
  const read = JSON.parse(lines[0] ?? '') as Record<string, unknown>
  assert.deepEqual({ ...read, level: 0, time: 0 }, { ...facts, msg: 'the password was wrong', level: 0, time: 0 })
})
