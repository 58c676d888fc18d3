import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { createKey } from '../../src/lib/key-ring.ts'
import { jwksRoutes } from '../../src/login/jwks-routes.ts'
import { createAssertionSigner } from '../../src/verify/assertion.ts'
import type { Cleanup } from '../support/directories.ts'
import { visitor } from '../verify/visitor.ts'

const [OLD, NEW] = [createKey(1, Buffer.alloc(32, 1)), createKey(2, Buffer.alloc(32, 2))]

function open(t: Cleanup): FastifyInstance {
  const app = Fastify()
  t.after(async () => app.close())
  const keys = new Map([OLD, NEW].map((key) => [key.id, key]))
  app.register(async (routes) => jwksRoutes(routes, { minting: NEW, byId: keys }), { prefix: '/.postern' })
  return app
}

test('a list that an app kept from before a key took over has that key, and the one of before stays', async (t) => {
  const app = Fastify()
  t.after(async () => app.close())
  const ring = { minting: OLD, byId: new Map([[1, OLD]]) }
  app.register(async (routes) => jwksRoutes(routes, ring))
  const sign = createAssertionSigner(ring, new URL('https://auth.example.com'))
  const listed = async (): Promise<string[]> =>
    (await app.inject('/.well-known/jwks.json')).json<{ keys: { kid: string }[] }>().keys.map(({ kid }) => kid)
  const kidOf = (): string => {
    const [header = ''] = sign({ appName: 'a', principal: visitor(), roles: [], nowMs: 0 }).split('.')
    return (JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string }).kid
  }
  const before = kidOf()
  assert.deepEqual(await listed(), [before])
  ring.byId = new Map([OLD, NEW].map((key) => [key.id, key]))
  const kept = await listed()
  assert.equal(kidOf(), before)
  ring.minting = NEW
  assert.notEqual(kidOf(), before)
  assert.ok(kept.includes(kidOf()))
  assert.ok((await listed()).includes(before))
})

test('every key is listed, retired ones too, and only what is public of them', async (t) => {
  const answer = await open(t).inject('/.postern/.well-known/jwks.json')
  assert.equal(answer.statusCode, 200)
  const { keys } = answer.json<{ keys: Record<string, string>[] }>()
  assert.equal(keys.length, 2)
  for (const key of keys) assert.deepEqual(Object.keys(key).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x'])
  for (const { bytes } of [OLD, NEW]) assert.ok(!answer.body.includes(bytes.toString('base64url')))
})

test('the list may be kept for some minutes by anybody', async (t) => {
  const { headers } = await open(t).inject('/.postern/.well-known/jwks.json')
  assert.equal(headers['cache-control'], 'public, max-age=300')
  assert.match(String(headers['content-type']), /^application\/jwk-set\+json/)
})
