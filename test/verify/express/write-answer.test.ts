import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { allowed, denied, deniedAsJson, deniedAsPage } from '../../../src/verify/answer.ts'
import type { Answer } from '../../../src/verify/answer.ts'
import { createWriteAnswer } from '../../../src/verify/express/write-answer.ts'
import { rawRequest } from '../../support/http.ts'

const KEEP_ALIVE_MS = 75_000

const ANSWERS: Readonly<Record<string, Answer>> = {
  'an allow': allowed({ kind: 'allow' }, ['Remote-User', 'alice', 'Remote-Name', 'Alice \xc4']),
  'a redirect': denied(302, ['Location', 'https://app.example.com/.postern/start?rd=%2F']),
  'a no for programs': deniedAsJson(401, 'not_signed_in'),
  'a page': deniedAsPage(403, '<p>Ä €</p>', ['X-Postern-Decision', 'abc']),
}

for (const [what, answer] of Object.entries(ANSWERS)) {
  for (const method of ['GET', 'HEAD'] as const) {
    test(`${what} to ${method} is what node:http would write, kept or last`, async (t) => {
      const write = createWriteAnswer(KEEP_ALIVE_MS)
      // An answer that is let pass comes from memory the second time.
      for (const isLast of [false, true, false]) {
        const written = write(method, answer, isLast)
        assert.equal(withoutDate(written), withoutDate(await byNode(t, method, answer, isLast)))
      }
    })
  }
}

test('an answer that was written before has the date of the second in which it is sent', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 10, 22, 12) })
  const write = createWriteAnswer(KEEP_ALIVE_MS)
  const answer = allowed({ kind: 'allow' }, ['Remote-User', 'alice'])
  assert.match(write('GET', answer), /^Date: Sun, 22 Nov 2026 12:00:00 GMT\r$/m)
  t.mock.timers.setTime(Date.UTC(2026, 10, 22, 12, 0, 1, 999))
  assert.match(write('GET', answer), /^Date: Sun, 22 Nov 2026 12:00:01 GMT\r$/m)
})

test('visitors with the same facts in lists of their own have answers of their own', () => {
  const write = createWriteAnswer(KEEP_ALIVE_MS)
  const [alice, bob] = ['alice', 'bob'].map((login) => allowed({ kind: 'allow' }, ['Remote-User', login]))
  assert.ok(alice !== undefined && bob !== undefined)
  for (const time of [1, 2]) {
    assert.match(write('GET', alice), /^Remote-User: alice\r$/m, `time ${time}`)
    assert.match(write('GET', bob), /^Remote-User: bob\r$/m, `time ${time}`)
  }
})

function withoutDate(answer: string): string {
  return answer.replace(/^Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r$/m, 'Date: now\r')
}

/** The same answer by the ordinary server. */
async function byNode(t: TestContext, method: string, answer: Answer, isLast: boolean): Promise<string> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, ({ socket }, response) => {
    const { status, headers, identity, body } = answer
    response.writeHead(status, [...headers, ...identity, ...(isLast ? ['Connection', 'close'] : [])])
    response.end(body, () => setImmediate(() => socket.end()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const received = await rawRequest(port, `${method} / HTTP/1.1\r\nHost: a\r\n\r\n`)
  // node:http gives the date before what says how the connection goes on, unless a handler says that.
  return isLast ? received.replace(/(Connection: close\r\n)(Date: .*\r\n)/, '$2$1') : received
}
