import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { benchSite } from '../../bench/site.ts'

const SHIPPED = readFileSync(join(import.meta.dirname, '../../nginx/site.conf'), 'utf8')
const PARTS = { host: 'app.example.com', app: 'unix:/x/app.sock', accessLog: '/x/log' }
const OTHERS = [
  { host: 'other.example.com', verify: 'unix:/x/other.sock' },
  { host: 'none.example.com', verify: null },
]

test('every protected host of the bench has the same shape as the shipped one', () => {
  const site = benchSite(SHIPPED, { ...PARTS, others: OTHERS })
  const shapes = ['include postern/verify.conf;', 'include postern/protect.conf;', 'proxy_pass http://app;']
  for (const shape of shapes) assert.equal(site.split(shape).length - 1, 3, shape)
  assert.equal(site.split('\n    access_log /x/log postern;').length - 1, 3)
})

test('each host of the bench asks a gateway of its own, or none', () => {
  const site = benchSite(SHIPPED, { ...PARTS, others: OTHERS })
  const [, other = '', none = ''] = site.split(/server_name (?:other|none)\.example\.com;/)
  assert.match(other, /proxy_pass http:\/\/verify_0\/verify\/nginx\/app\/app;/)
  assert.match(site, /upstream verify_0 \{\n {4}server unix:\/x\/other\.sock;/)
  assert.match(none, /return 204;/)
  assert.doesNotMatch(none, /verify\/nginx/)
})

test('another gateway is asked at its own path, and told in the words that others know too', () => {
  const other = { host: 'other.example.com', verify: '127.0.0.1:1', target: '/api/auth?a=1' }
  const site = benchSite(SHIPPED, { ...PARTS, others: [other] })
  const [, server = ''] = site.split(/server_name other\.example\.com;/)
  assert.match(server, /proxy_pass http:\/\/verify_0\/api\/auth\?a=1;/)
  assert.match(server, /proxy_set_header X-Original-URL \$scheme:\/\/\$host\$request_uri;/)
  assert.doesNotMatch(site.split('server_name other')[0] ?? '', /X-Original-URL/)
})

test('a shipped site that the bench no longer knows is told of, not measured', () => {
  const renamed = SHIPPED.replaceAll('postern_verify/', 'gateway/')
  assert.throws(() => benchSite(renamed, { ...PARTS, others: OTHERS }), /no longer has exactly one/)
})
