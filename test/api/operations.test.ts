import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import Fastify from 'fastify'
import { z } from 'zod'
import { openApiDocument } from '../../src/api/openapi.ts'
import { operation } from '../../src/api/operation.ts'
import type { Caller } from '../../src/api/operation.ts'
import { registerOperations } from '../../src/api/register-operations.ts'
import { PosternError } from '../../src/errors.ts'

const CALLER: Caller = {
  principal: {
    userId: 'u',
    signInId: 's',
    login: 'alice',
    email: '',
    name: '',
    roles: [],
    factors: {},
    absoluteExpiresAt: 0,
  },
  address: null,
  userAgent: '',
  requestId: 'r',
}
const THING = z.strictObject({ id: z.string(), size: z.number().int() })
const CHANGE = operation({
  name: 'changeThing',
  method: 'PATCH',
  path: '/things/{id}',
  tag: 'things',
  summary: 'Changes a thing',
  access: 'postern.users:write',
  needsProof: true,
  params: { id: z.string().max(8) },
  query: { limit: z.coerce.number().int().max(9).default(5) },
  body: { size: z.number().int().min(1) },
  data: THING,
  errors: ['not_found'],
  run: async ({ params, query, body, expect }) => {
    expect('v1')
    return { data: { id: params.id, size: body.size + query.limit }, version: 'v2' }
  },
})
const MAKE = operation({
  name: 'makeThing',
  method: 'POST',
  path: '/things',
  tag: 'things',
  summary: 'Makes a thing',
  access: 'signed_in',
  status: 201,
  body: {},
  data: THING,
  run: async () => ({ data: { id: 'new', size: 1 }, next: null }),
})

function open(t: TestContext) {
  const app = Fastify()
  t.after(() => app.close())
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.setErrorHandler((error, _request, reply) =>
    error instanceof PosternError ? reply.code(error.status).send({ code: error.code }) : reply.code(500).send(),
  )
  registerOperations(app, { callerOf: async () => CALLER, runOnce: (_request, _caller, run) => run() }, [CHANGE, MAKE])
  return (url: string, payload: unknown, headers: Record<string, string> = {}) =>
    app.inject({
      method: url.startsWith('/api/v2/things/') ? 'PATCH' : 'POST',
      url,
      headers: { 'content-type': 'application/json', ...headers },
      payload: JSON.stringify(payload),
    })
}

test('a call is read by the schemas and answered in the envelope', async (t) => {
  const call = open(t)
  const reply = await call('/api/v2/things/a?limit=2', { size: 3 })
  assert.deepEqual([reply.statusCode, reply.json()], [200, { status: 'ok', data: { id: 'a', size: 5 } }])
  assert.equal(reply.headers['etag'], '"v2"')
  const made = await call('/api/v2/things', {})
  assert.deepEqual([made.statusCode, made.json()], [201, { status: 'ok', data: { id: 'new', size: 1 }, next: null }])
})

test('every field at fault is named at once, unknown ones too, and nothing is turned from one type to another', async (t) => {
  const call = open(t)
  const reply = await call('/api/v2/things/123456789?limit=10', { size: '3', more: 1 })
  assert.equal(reply.statusCode, 400)
  const { errors } = reply.json<{ errors: { field: string; message: string }[] }>()
  assert.deepEqual(
    errors.map(({ field }) => field),
    ['id', 'limit', 'size', 'more'],
  )
  assert.ok(errors.every(({ message }) => message !== ''))
})

test('what was changed since it was read is not changed', async (t) => {
  const call = open(t)
  const status = async (tag: string) => (await call('/api/v2/things/a', { size: 1 }, { 'if-match': tag })).statusCode
  assert.deepEqual(
    await Promise.all(['"v1"', '"v0", "v1"', '*', '"v0"', 'W/"v1"', 'v1'].map(status)),
    [200, 200, 200, 412, 412, 412],
  )
})

test('OpenAPI tells the same as the schemas', () => {
  const document = openApiDocument([CHANGE, MAKE], '/.postern') as {
    paths: Record<string, Record<string, { parameters: { name: string; required: boolean }[]; responses: object }>>
  }
  const change = document.paths['/things/{id}']?.['patch']
  assert.deepEqual(
    change?.parameters.map(({ name, required }) => [name, required]),
    [
      ['id', true],
      ['limit', false],
      ['If-Match', false],
    ],
  )
  assert.deepEqual(Object.keys(change?.responses ?? {}), ['200', '400', '401', '403', '404', '429', '500', '503'])
  assert.deepEqual(
    document.paths['/things']?.['post']?.parameters.map(({ name }) => name),
    ['Idempotency-Key'],
  )
})
