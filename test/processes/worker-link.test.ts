import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { openLink } from '../../src/processes/worker-link.ts'
import type { Answers, Link } from '../../src/processes/worker-link.ts'

test('each end answers what the other asks, and questions under way do not mix', async () => {
  const later = Promise.withResolvers<string>()
  const [worker] = line({}, { first: () => later.promise, second: (about) => ({ about }) })
  const first = worker.ask('first')
  assert.deepEqual(await worker.ask('second', { about: [1, 2] }), { about: [1, 2] })
  later.resolve('late')
  assert.equal(await first, 'late')
})

test('both may ask, while either answers', async () => {
  const [worker, primary] = line({ figures: () => 1 }, { leads: () => true })
  assert.deepEqual(await Promise.all([worker.ask('leads'), primary.ask('figures')]), [true, 1])
})

test('what can not be answered is an error for the asker alone', async () => {
  const [worker] = line(
    {},
    {
      broken: () => {
        throw new Error('no')
      },
      silent: () => new Promise(() => undefined),
    },
  )
  await assert.rejects(worker.ask('broken'), /no/)
  await assert.rejects(worker.ask('unknown'), /nobody answers unknown/)
  await assert.rejects(worker.ask('silent', { withinMs: 5 }), { name: 'DeadlineError' })
})

test('an end whose other has gone says so at once', async () => {
  const gone = { send: undefined, on: () => undefined }
  await assert.rejects(openLink(gone, {}).ask('leads'), /no line/)
})

test('messages of others are left alone', async () => {
  const wire = new EventEmitter()
  openLink(Object.assign(wire, { send: () => assert.fail('answered') }), {})
  for (const message of [null, 'text', { cmd: 'NODE_CLUSTER' }, 7]) wire.emit('message', message)
})

/** Two ends whose messages take the way of JSON. */
function line(ofWorker: Answers, ofPrimary: Answers): [worker: Link, primary: Link] {
  const [worker, primary] = [new EventEmitter(), new EventEmitter()]
  const to = (end: EventEmitter) => (message: object) =>
    setImmediate(() => end.emit('message', JSON.parse(JSON.stringify(message)))) !== null
  return [
    openLink(Object.assign(worker, { send: to(primary) }), ofWorker),
    openLink(Object.assign(primary, { send: to(worker) }), ofPrimary),
  ]
}
