import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRequestReader } from '../../../src/verify/express/read-request.ts'

const HEAD = 'GET /verify/nginx/app/app HTTP/1.1\r\nHost: postern\r\nX-Original-URI: /a\tb\xff\r\nX-Empty:\r\n\r\n'

test('a request is read with its headers as they were sent, and where the next begins', () => {
  const read = createRequestReader()
  const rawHeaders = ['Host', 'postern', 'X-Original-URI', '/a\tb\xff', 'X-Empty', '']
  const target = '/verify/nginx/app/app'
  assert.deepEqual(read(HEAD, 0), { method: 'GET', target, rawHeaders, end: HEAD.length })
  assert.deepEqual(read(`before${HEAD}after`, 6), { method: 'GET', target, rawHeaders, end: HEAD.length + 6 })
})

test('whatever ends before its empty line is incomplete, at every byte', () => {
  const read = createRequestReader()
  for (let end = 0; end < HEAD.length; end++) assert.equal(read(HEAD.slice(0, end), 0), 'incomplete', `${end} bytes`)
})

const READ: Readonly<Record<string, string>> = {
  'names in any letter case': 'hOsT: a\r\nCoNTenT-LeNGTH: 0\r\n',
  'no blank after the colon': 'Host:a\r\n',
  'every sign of a token': "Host: a\r\n!#$%&'*+-.^_`|~09azAZ: x\r\n",
  'a colon and blanks inside of a value': 'Host: a:1\r\nX: a : b\r\n',
  'a connection that is kept': 'Host: a\r\nconnection: keep-alive\r\n',
  'a name that JavaScript knows': 'Host: a\r\n__proto__: x\r\nconstructor: x\r\n',
}

for (const [what, headers] of Object.entries(READ)) {
  test(`${what}: read`, () => {
    const request = createRequestReader()(`HEAD / HTTP/1.1\r\n${headers}\r\n`, 0)
    assert.ok(typeof request === 'object')
    assert.equal(request.method, 'HEAD')
  })
}

const UNSURE: Readonly<Record<string, string>> = {
  'another method': 'POST / HTTP/1.1\r\nHost: a\r\n\r\n',
  'a method in small letters': 'get / HTTP/1.1\r\nHost: a\r\n\r\n',
  'another version': 'GET / HTTP/1.0\r\nHost: a\r\n\r\n',
  'no version': 'GET /\r\nHost: a\r\n\r\n',
  'a blank after the version': 'GET / HTTP/1.1 \r\nHost: a\r\n\r\n',
  'an empty line first': '\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n',
  'a blank first': ' GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  'no host': 'GET / HTTP/1.1\r\nX: a\r\n\r\n',
  'an empty host': 'GET / HTTP/1.1\r\nHost:\r\n\r\n',
  'two hosts': 'GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n',
  'two hosts in other letters': 'GET / HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n',
  'a body': 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n',
  'two lengths': 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n',
  'a length of 00': 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 00\r\n\r\n',
  'a length of +0': 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +0\r\n\r\n',
  'an empty length': 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n',
  'Transfer-Encoding': 'GET / HTTP/1.1\r\nHost: a\r\ntransfer-encoding: identity\r\n\r\n',
  'a connection that ends': 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  'a connection with options': 'GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, X\r\n\r\n',
  'a connection in other letters': 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Keep-Alive\r\n\r\n',
  'an empty Connection': 'GET / HTTP/1.1\r\nHost: a\r\nConnection:\r\n\r\n',
  'Proxy-Connection': 'GET / HTTP/1.1\r\nHost: a\r\nProxy-Connection: close\r\n\r\n',
  'Keep-Alive': 'GET / HTTP/1.1\r\nHost: a\r\nKeep-Alive: 5\r\n\r\n',
  Upgrade: 'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\n\r\n',
  'HTTP2-Settings': 'GET / HTTP/1.1\r\nHost: a\r\nHTTP2-Settings: A\r\n\r\n',
  Expect: 'GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n',
  TE: 'GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n',
  Trailer: 'GET / HTTP/1.1\r\nHost: a\r\nTrailer: X\r\n\r\n',
  'a folded line': 'GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n',
  'a folded line by a tab': 'GET / HTTP/1.1\r\nHost: a\r\n\tb\r\n\r\n',
  'a line without a colon': 'GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n',
  'a line that has its colon in the next': 'GET / HTTP/1.1\r\nHost: a\r\nX\r\nY: b\r\n\r\n',
  'no name': 'GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n',
  'a blank before the colon': 'GET / HTTP/1.1\r\nHost : a\r\n\r\n',
  'a blank in a name': 'GET / HTTP/1.1\r\nHost: a\r\nX Y: b\r\n\r\n',
  'a name beyond ASCII': 'GET / HTTP/1.1\r\nHost: a\r\nX\xe4: b\r\n\r\n',
  'two blanks after the colon': 'GET / HTTP/1.1\r\nHost:  a\r\n\r\n',
  'a tab after the colon': 'GET / HTTP/1.1\r\nHost:\ta\r\n\r\n',
  'a blank after the value': 'GET / HTTP/1.1\r\nHost: a \r\n\r\n',
  'a tab after the value': 'GET / HTTP/1.1\r\nHost: a\t\r\n\r\n',
  'a lone LF in a value': 'GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n',
  'a lone CR in a value': 'GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n',
  'a lone LF at the end of a line': 'GET / HTTP/1.1\nHost: a\r\n\r\n',
  'CR CR LF': 'GET / HTTP/1.1\r\nHost: a\r\r\n\r\n',
}

for (const [what, text] of Object.entries(UNSURE)) {
  test(`${what}: unsure, also behind a request of the same order`, () => {
    const read = createRequestReader()
    assert.equal(read(text, 0), 'unsure')
    read('GET / HTTP/1.1\r\nHost: a\r\nX: b\r\nY: c\r\n\r\n', 0)
    assert.equal(read(text, 0), 'unsure')
  })
}

test('every control character but the tab is unsure in a value', () => {
  const read = createRequestReader()
  for (const code of [...Array(32).keys(), 127].filter((each) => each !== 9)) {
    const text = `GET / HTTP/1.1\r\nHost: a\r\nX: a${String.fromCharCode(code)}b\r\n\r\n`
    assert.equal(read(text, 0), 'unsure', `character ${code}`)
  }
})

test('a name that was seen at a place is not taken for another that begins or ends like it', () => {
  const read = createRequestReader()
  const names = ['X-Real-IP', 'X-Real-IPs', 'X-Real', 'Host', 'Hosts', 'x-real-ip']
  for (const name of [...names, ...names.toReversed()]) {
    const request = read(`GET / HTTP/1.1\r\n${name}: 1\r\nHost: a\r\n\r\n`, 0)
    if (name === 'Host') assert.equal(request, 'unsure')
    else assert.deepEqual(typeof request === 'object' && request.rawHeaders, [name, '1', 'Host', 'a'])
  }
})
