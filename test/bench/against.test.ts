import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { readAgainstUrl, requireRunning, requireStatus } from '../../bench/against.ts'
import type { Against } from '../../bench/against.ts'
import { freePort } from '../support/ports.ts'

const QUESTION = 'HEAD /auth HTTP/1.1\r\nHost: gateway\r\n\r\n'

function against(port: number): Against {
  const [url, address] = [`http://127.0.0.1:${port}/auth`, `127.0.0.1:${port}`]
  return { url, address, target: '/auth', cookie: null, status: 200, pid: null }
}

async function serve(t: TestContext, listener: RequestListener): Promise<Against> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  return against((server.address() as AddressInfo).port)
}

test('the address of another gateway is written as for proxy_pass', () => {
  const read: (readonly [string, string, string])[] = [
    ['http://127.0.0.1:9091/api/auth?a=1', '127.0.0.1:9091', '/api/auth?a=1'],
    ['http://gateway.example.com', 'gateway.example.com:80', '/'],
    ['http://[::1]:4180/oauth2/auth', '[::1]:4180', '/oauth2/auth'],
    ['http://unix:/run/other.sock:/auth', 'unix:/run/other.sock', '/auth'],
    ['http://unix:/run/other.sock', 'unix:/run/other.sock', '/'],
  ]
  for (const [url, address, target] of read) assert.deepEqual(readAgainstUrl(url), { url, address, target })
})

test('what is no such address, or would say more than that to nginx, is refused', () => {
  const refused = [
    '',
    '127.0.0.1:9091',
    'https://127.0.0.1/',
    'http://127.0.0.1:0/',
    'http://127.0.0.1:65536/',
    'http://a b/',
    'http://user@a/',
    'http://a/;return',
    'http://a/{',
    'http://a/$uri',
    'http://a/#x',
    'http://unix:other.sock:/auth',
  ]
  for (const url of refused) assert.equal(readAgainstUrl(url), null, url)
})

test('a gateway that is not there is told of before anything is started', async () => {
  await assert.rejects(requireRunning(against(await freePort())), { name: 'OperatorError', message: /ECONNREFUSED/ })
})

test('so is a process that is not there', async (t) => {
  const running = await serve(t, (_request, response) => response.end())
  await requireRunning({ ...running, pid: process.pid })
  await assert.rejects(requireRunning({ ...running, pid: 4_194_304 }), { message: 'There is no process 4194304.' })
})

test('a gateway that answers otherwise than expected is told of with its status', async (t) => {
  const other = await serve(t, (_request, response) => response.writeHead(404).end())
  await requireStatus({ ...other, status: 404 }, QUESTION)
  await assert.rejects(requireStatus(other, QUESTION), { name: 'OperatorError', message: /answers 404 instead of 200/ })
})

test('a gateway that takes the question and is silent is told of', async (t) => {
  const other = await serve(t, () => undefined)
  await assert.rejects(requireStatus(other, QUESTION), { name: 'OperatorError', message: /no answer: not within 2 s/ })
})
