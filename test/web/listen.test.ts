import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import test from 'node:test'
import type { TestContext } from 'node:test'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import type { ListenAddress } from '../../src/config/values.ts'
import { listen, removeStaleSocket } from '../../src/web/listen.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { freePort } from '../support/ports.ts'

function open(t: TestContext): FastifyInstance {
  const app = Fastify()
  t.after(() => app.close())
  app.get('/', async () => 'here')
  return app
}

async function socketPath(t: TestContext): Promise<string> {
  return join(await temporaryDirectory(t), 'a.sock')
}

function listenOn(app: FastifyInstance, address: ListenAddress, socketGroup: string | null = null): Promise<void> {
  return listen(app, address, { setting: 'POSTERN_VERIFY_LISTEN', socketGroup })
}

/** A socket whose process was killed. */
function leaveStaleSocket(path: string): void {
  const code = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 9))`
  assert.throws(() => execFileSync(process.execPath, ['-e', code], { stdio: 'ignore' }))
  assert.ok(statSync(path).isSocket())
}

test('a Unix socket is for its owner and group alone', async (t) => {
  const path = await socketPath(t)
  await listenOn(open(t), { kind: 'unix', path })
  assert.equal(statSync(path).mode & 0o777, 0o660)
})

test('the group may be named, and a name that there is not stops the start', async (t) => {
  const path = await socketPath(t)
  const [line = ''] = readFileSync('/etc/group', 'utf8').split('\n')
  const [name = '', , id] = line.split(':')
  if (process.getuid?.() === 0) {
    await listenOn(open(t), { kind: 'unix', path }, name)
    assert.equal(statSync(path).gid, Number(id))
  }
  const refused = listenOn(open(t), { kind: 'unix', path: `${path}2` }, 'no-such-group')
  await assert.rejects(refused, { name: 'OperatorError', message: /no-such-group/ })
})

test('the last folder of a socket is made, since /run is empty after a boot', async (t) => {
  const path = join(await temporaryDirectory(t), 'postern', 'a.sock')
  await listenOn(open(t), { kind: 'unix', path })
  assert.ok(statSync(path).isSocket())
  assert.equal(statSync(join(path, '..')).mode & 0o022, 0)
})

test('a Unix socket is given to the group that the operator chose', async (t) => {
  const path = await socketPath(t)
  const group = process.getuid?.() === 0 ? 4_321 : (process.getgroups?.().at(-1) ?? 0)
  await listenOn(open(t), { kind: 'unix', path }, String(group))
  assert.deepEqual([statSync(path).gid, statSync(path).mode & 0o777], [group, 0o660])
})

test('a socket that a killed process left is replaced', async (t) => {
  const path = await socketPath(t)
  leaveStaleSocket(path)
  const app = open(t)
  await listenOn(app, { kind: 'unix', path })
  assert.equal(statSync(path).mode & 0o777, 0o660)
  assert.equal(app.server.listening, true)
})

test('a socket that somebody answers on is refused with a sentence and left alone', async (t) => {
  const path = await socketPath(t)
  const first = open(t)
  await listenOn(first, { kind: 'unix', path })
  const { ino } = statSync(path)
  const second = open(t)
  const message = new RegExp(`^unix:${path} is taken by another process.*POSTERN_VERIFY_LISTEN\\.$`)
  await assert.rejects(listenOn(second, { kind: 'unix', path }), { name: 'OperatorError', exitCode: 1, message })
  assert.deepEqual([statSync(path).ino, first.server.listening, second.server.listening], [ino, true, false])
})

test('a socket whose process is too busy to answer is left alone', async (t) => {
  const path = await socketPath(t)
  const code = `require('node:net').createServer().listen({ path: ${JSON.stringify(path)}, backlog: 1 }, () => {
      process.stdout.write('listening'); process.kill(process.pid, 'SIGSTOP') })`
  const busy = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'ignore'] })
  t.after(() => busy.kill('SIGKILL'))
  await once(busy.stdout, 'data')
  const fill = `const net = require('node:net'); let n = 0
    const next = () => { const s = net.connect(${JSON.stringify(path)}, next); s.on('error', (e) => {
      process.stdout.write(e.code) }); if (++n > 4096) process.exit(1) }
    next(); setInterval(() => 0, 1000)`
  const crowd = spawn(process.execPath, ['-e', fill], { stdio: ['ignore', 'pipe', 'ignore'] })
  t.after(() => crowd.kill('SIGKILL'))
  assert.equal(String((await once(crowd.stdout, 'data'))[0]), 'EAGAIN')
  await removeStaleSocket(path)
  assert.equal(existsSync(path), true)
})

test('a file or folder that is no socket is never removed', async (t) => {
  const directory = await temporaryDirectory(t)
  const [file, folder] = [join(directory, 'file'), join(directory, 'folder')]
  writeFileSync(file, 'precious')
  mkdirSync(folder)
  for (const path of [file, folder]) {
    await assert.rejects(listenOn(open(t), { kind: 'unix', path }), { name: 'OperatorError', message: /not a socket/ })
  }
  assert.deepEqual([readFileSync(file, 'utf8'), existsSync(folder)], ['precious', true])
})

test('a folder that is missing and an address of another machine are refused with a sentence', async (t) => {
  const directory = await temporaryDirectory(t)
  const addresses: readonly [address: ListenAddress, message: RegExp][] = [
    [{ kind: 'unix', path: join(directory, 'gone/too/a.sock') }, /folder that does not exist/],
    [{ kind: 'tcp', host: '192.0.2.1', port: 0 }, /no address of this machine/],
  ]
  for (const [address, message] of addresses) {
    await assert.rejects(listenOn(open(t), address), { name: 'OperatorError', exitCode: 1, message })
  }
})

test('a port that is taken is refused with address and setting', async (t) => {
  const port = await freePort()
  const other = createServer()
  t.after(() => other.close())
  other.listen(port, '127.0.0.1')
  await once(other, 'listening')
  const message = `127.0.0.1:${port} is taken by another process. Stop that one, or choose another address with POSTERN_VERIFY_LISTEN.`
  await assert.rejects(listenOn(open(t), { kind: 'tcp', host: '127.0.0.1', port }), { name: 'OperatorError', message })
})

test('what was passed and is nothing to listen on stops the start with what to pass', async (t) => {
  const path = await socketPath(t)
  const file = openSync(`${path}.txt`, 'w')
  t.after(() => closeSync(file))
  const closed = 4_095
  for (const fd of [file, closed]) {
    const passed = { pid: process.pid, fd }
    const options = { setting: 'POSTERN_VERIFY_LISTEN', socketGroup: null, passed }
    await assert.rejects(listen(open(t), { kind: 'unix', path }, options), {
      name: 'OperatorError',
      message: /^What was passed for POSTERN_VERIFY_LISTEN .*ListenStream=/,
    })
  }
})

test(
  'a group that may not be given stops the start and leaves no listener',
  { skip: process.getuid?.() !== 0 },
  async (t) => {
    const path = await socketPath(t)
    execFileSync('chmod', ['0777', join(path, '..')])
    const app = open(t)
    process.seteuid?.(65_534)
    t.after(() => process.seteuid?.(0))
    await assert.rejects(listenOn(app, { kind: 'unix', path }, '4321'), {
      name: 'OperatorError',
      message: /POSTERN_SOCKET_GROUP/,
    })
    assert.deepEqual([app.server.listening, existsSync(path)], [false, false])
  },
)
