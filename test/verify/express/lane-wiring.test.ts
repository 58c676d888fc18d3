import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { connect } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { ListenAddress } from '../../../src/config/values.ts'
import { createVerifyApp } from '../../../src/portal/app.ts'
import { drain } from '../../../src/web/drain.ts'
import { openTestApp } from '../../support/app.ts'
import { temporaryDirectory } from '../../support/directories.ts'
import { bytesOf, readAnswer } from '../ask.ts'

const LOOPBACK = ['127.0.0.1', '127.1.2.3', '::1', 'localhost'].map((host) => ({ kind: 'tcp', host, port: 0 }) as const)
const OTHERS = ['0.0.0.0', '::', '192.0.2.1'].map((host) => ({ kind: 'tcp', host, port: 0 }) as const)
const ASKED = bytesOf({}).replace('Connection: close\r\n', '')

test('the lane answers on a Unix socket and on loopback, not where others can connect, nor where it is off', async (t) => {
  const { context } = await openTestApp(t)
  const isUsed = async (verifyListen: ListenAddress, expressLane: 'auto' | 'off' = 'auto'): Promise<boolean> => {
    const app = createVerifyApp({ ...context, config: { ...context.config, verifyListen, expressLane } })
    const seen = await requestsSeenBy(t, app)
    return seen === 0
  }
  for (const address of [...LOOPBACK, { kind: 'unix', path: '/run/verify.sock' } as const]) {
    assert.equal(await isUsed(address), true, JSON.stringify(address))
    assert.equal(await isUsed(address, 'off'), false, JSON.stringify(address))
  }
  for (const address of OTHERS) assert.equal(await isUsed(address), false, address.host)
})

test('at a stop a kept connection may ask once more, is told that it ends, and idle ones are closed', async (t) => {
  const { verify } = await openTestApp(t)
  const path = await listenOnSocket(t, verify)
  const [asking, idle] = [await ask(path, ASKED), await ask(path, ASKED)]
  const stopped = drain(verify, { lingerMs: 200, overdueMs: 2_000 })
  asking.send(ASKED)
  assert.equal(readAnswer(await asking.closed).header('connection'), 'close')
  assert.equal(await idle.closed, '')
  await stopped
})

/** How many of the requests that are sent to it the ordinary server sees. */
async function requestsSeenBy(t: TestContext, app: FastifyInstance): Promise<number> {
  let seen = 0
  app.server.on('request', () => seen++)
  const { send, closed } = await ask(await listenOnSocket(t, app), ASKED)
  send('')
  await app.close()
  await closed
  return seen
}

async function listenOnSocket(t: TestContext, app: FastifyInstance): Promise<string> {
  const path = join(await temporaryDirectory(t), 'verify.sock')
  await app.listen({ path })
  return path
}

/** Sends it and waits for an answer; `closed` resolves with what came after that one. */
async function ask(path: string, bytes: string) {
  const socket = connect(path)
  const { promise: answered, resolve: onAnswer } = Promise.withResolvers<void>()
  const { promise: closed, resolve: onClose } = Promise.withResolvers<string>()
  let isAnswered = false
  let received = ''
  socket.on('data', (chunk: Buffer) => {
    if (isAnswered) received += chunk.toString('latin1')
    isAnswered = true
    onAnswer()
  })
  socket.on('close', () => onClose(received))
  const send = (text: string): void => void socket.write(text, 'latin1')
  send(bytes)
  await answered
  return { send, closed }
}
