import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { systemReady } from '../../src/commands/system.ts'
import { OperatorError } from '../../src/errors.ts'
import { freePort } from '../support/ports.ts'

test('a server is ready when it says so, and only then', async (t) => {
  let status = 200
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/health' ? status : 404).end('{}')
  })
  server.listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const opsListen = { kind: 'tcp', host: '127.0.0.1', port: (server.address() as AddressInfo).port } as const
  const ready = await systemReady({ opsListen })
  assert.deepEqual([ready.exitCode, ready.data], [0, { ready: true }])
  status = 503
  const busy = await systemReady({ opsListen })
  assert.deepEqual([busy.exitCode, busy.data], [1, { ready: false }])
  assert.match(busy.text, /postern system health/)
})

test('where no server runs, that is said', async () => {
  const opsListen = { kind: 'tcp', host: '127.0.0.1', port: await freePort() } as const
  await assert.rejects(systemReady({ opsListen }), (error) => error instanceof OperatorError && error.exitCode === 1)
})
