import assert from 'node:assert/strict'
import test from 'node:test'
import type { TestContext } from 'node:test'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { ERRORS, OperatorError, PosternError } from '../../src/errors.ts'
import type { ErrorCode } from '../../src/errors.ts'
import { createLog } from '../../src/observe/log.ts'
import { createFailureHandler } from '../../src/web/failure.ts'
import { cookieNames } from '../../src/web/cookies.ts'
import { PLAIN_LOOK } from '../../src/web/look.ts'

const DETAIL = 'internal-detail-of-the-database'
const PREFIX = '/.postern/api/'

interface Failing {
  readonly app: FastifyInstance
  readonly lines: string[]
}

/** An app whose every page and API call fails with this. */
function failing(t: TestContext, error: unknown): Failing {
  const lines: string[] = []
  const log = createLog('info', { write: (line) => void lines.push(line) })
  const app = Fastify({ bodyLimit: 16, genReqId: () => 'request-1' })
  t.after(() => app.close())
  app.setErrorHandler(
    createFailureHandler({
      log,
      look: PLAIN_LOOK,
      cookies: { names: cookieNames(true) },
      assetBase: '/.postern/assets',
      homeHref: '/.postern/',
      apiPrefix: PREFIX,
    }),
  )
  const fail = async (): Promise<never> => {
    throw error
  }
  app.all('/page', fail)
  app.all(`${PREFIX}v2/x`, fail)
  return { app, lines }
}

for (const code of Object.keys(ERRORS) as ErrorCode[]) {
  test(`${code} gives its status and sentence, as a page to people and as JSON to programs`, async (t) => {
    const { app, lines } = failing(t, new PosternError(code, DETAIL))
    const { status, message } = ERRORS[code]
    const told = status === 429 ? `${message} Try again in 2 seconds.` : message
    const page = await app.inject('/page')
    const api = await app.inject(`${PREFIX}v2/x`)
    assert.deepEqual([page.statusCode, api.statusCode], [status, status])
    assert.match(String(page.headers['content-type']), /^text\/html/)
    assert.ok(page.body.includes('request-1'))
    assert.deepEqual(api.json(), { status: 'error', errors: [{ code, message: told }] })
    assert.equal(page.headers['retry-after'], status === 429 ? '2' : undefined)
    assert.equal(`${page.body}${api.body}`.includes(DETAIL), false)
    assert.deepEqual(
      lines.map((line) => line.includes(DETAIL)),
      [true, true],
    )
  })
}

test('whoever must wait for longer is told for how long, people in words', async (t) => {
  const { app } = failing(t, new PosternError('rate_limited', DETAIL, { retryAfterS: 150 }))
  const { statusCode, headers, body } = await app.inject('/page')
  assert.deepEqual([statusCode, headers['retry-after']], [429, '150'])
  assert.match(body, /Try again in 3 minutes\./)
})

const bugs: readonly [what: string, error: unknown][] = [
  ['a bug', new Error(DETAIL)],
  ['an error that claims to be a success', Object.assign(new Error(DETAIL), { statusCode: 200 })],
  ['an error whose status is a text', Object.assign(new Error(DETAIL), { statusCode: '404' })],
  ["an error of the framework's own", Object.assign(new Error(DETAIL), { statusCode: 503 })],
  ['a refusal that is meant for operators', new OperatorError(DETAIL)],
  ['what is no error', DETAIL],
]
for (const [what, error] of bugs) {
  test(`${what} is told as 500 without what happened, which is in the log alone`, async (t) => {
    const { app, lines } = failing(t, error)
    for (const url of ['/page', `${PREFIX}v2/x`]) {
      const reply = await app.inject(url)
      assert.equal(reply.statusCode, 500)
      assert.equal(reply.body.includes(DETAIL), false)
      assert.ok(reply.body.includes(ERRORS.internal.message))
    }
    for (const line of lines) {
      assert.ok(line.includes(DETAIL))
      const { level, requestId, code } = JSON.parse(line) as Record<string, unknown>
      assert.deepEqual([level, requestId, code], ['error', 'request-1', 'internal'])
    }
  })
}

test('what the framework refuses is told as 400, a body that is too large by its own sentence', async (t) => {
  const { app, lines } = failing(t, null)
  const sent = [
    { headers: { 'content-type': 'application/json' }, payload: '{' },
    { headers: { 'content-type': 'text/x-unknown' }, payload: 'x' },
    { headers: { 'content-type': 'application/json' }, payload: `"${'x'.repeat(20)}"` },
  ]
  const codes: unknown[] = []
  for (const { headers, payload } of sent) {
    const reply = await app.inject({ method: 'POST', url: `${PREFIX}v2/x`, headers, payload })
    assert.equal(reply.statusCode, 400)
    codes.push(reply.json<{ errors: { code: string }[] }>().errors[0]?.code)
  }
  assert.deepEqual(codes, ['bad_request', 'bad_request', 'body_too_large'])
  assert.equal(
    lines.every((line) => line.includes('"level":"info"')),
    true,
  )
})

test('what a visitor sends comes back in no page', async (t) => {
  const { app } = failing(t, new PosternError('bad_request', '<script>detail</script>'))
  const reply = await app.inject({ url: '/page?x=<script>alert(1)</script>', headers: { 'user-agent': '<script>' } })
  assert.equal(reply.body.includes('<script'), false)
})
