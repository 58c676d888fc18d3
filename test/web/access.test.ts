import assert from 'node:assert/strict'
import test from 'node:test'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { requireAccessDeclarations, visitorFault } from '../../src/web/access.ts'
import type { Access } from '../../src/web/access.ts'
import type { Principal } from '../../src/lib/principal.ts'

function open(): FastifyInstance {
  const app = Fastify()
  requireAccessDeclarations(app)
  return app
}

test('a route without a declaration of who may call it stops the start, and is named', () => {
  assert.throws(() => open().get('/open', async () => 'x'), /GET \/open/)
  assert.throws(() => open().post('/open', { config: {} }, async () => 'x'), /POST \/open/)
})

test('a route of a plugin, under a prefix, is held to the same', async (t) => {
  const app = open()
  t.after(() => app.close())
  app.register(async (routes) => void routes.get('/open', async () => 'x'), { prefix: '/.postern' })
  await assert.rejects(async () => app.ready(), /GET \/\.postern\/open/)
})

test('a route that says who may call it is there', async (t) => {
  const app = open()
  t.after(() => app.close())
  const all = [
    'anyone',
    'signed_in',
    'postern.users:read',
    'trusted_proxy',
    'operator',
  ] as const satisfies readonly Access[]
  for (const access of all) app.get(`/${access}`, { config: { access } }, async () => access)
  for (const access of all) assert.equal((await app.inject(`/${access}`)).body, access)
})

const ANYBODY: Principal = {
  userId: '',
  signInId: '',
  login: 'alice',
  email: '',
  name: '',
  roles: ['user'],
  factors: {},
  absoluteExpiresAt: 0,
}
const HELPER = { ...ANYBODY, roles: ['user', 'helpdesk'] }

const VISITORS: readonly (readonly [access: Access, who: Principal | null, fault: string | null])[] = [
  ['anyone', null, null],
  ['signed_in', null, 'not_signed_in'],
  ['signed_in', ANYBODY, null],
  ['postern.users:read', null, 'not_signed_in'],
  ['postern.users:read', ANYBODY, 'forbidden'],
  ['postern.users:read', HELPER, null],
]

for (const [access, who, fault] of VISITORS) {
  test(`of a route for "${access}" ${who === null ? 'nobody' : who.roles.join('+')} gets ${fault ?? 'in'}`, () =>
    assert.equal(
      visitorFault(access, who, ({ roles }) => roles.includes('helpdesk')),
      fault,
    ))
}
