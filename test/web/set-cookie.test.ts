import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fastify } from 'fastify'
import type { FastifyReply } from 'fastify'
import { acceptSetCookie, dropCookie, setCookie } from '../../src/web/set-cookie.ts'

const NAME = '__Host-postern'

test('setCookie writes every attribute that a __Host- cookie needs, and no domain', async () => {
  const parts = await setCookieOf((reply) =>
    setCookie(reply, { name: NAME, value: 'ps1abc-_', secure: true, maxAgeS: 60 }),
  )
  assert.deepEqual(parts, ['HttpOnly', 'Max-Age=60', 'Path=/', 'SameSite=Lax', 'Secure', `${NAME}=ps1abc-_`])
})

test('setCookie leaves out Secure over http and Max-Age for the length of a browser session', async () => {
  const parts = await setCookieOf((reply) => setCookie(reply, { name: 'postern', value: 'a', secure: false }))
  assert.deepEqual(parts, ['HttpOnly', 'Path=/', 'SameSite=Lax', 'postern=a'])
})

test('setCookie never lets a value end the pair', async () => {
  for (const value of ['a;b', 'a\r\nb', 'a,b', 'a b']) {
    const parts = await setCookieOf((reply) => setCookie(reply, { name: NAME, value, secure: true }))
    assert.equal(parts.length, 5)
    assert.ok(parts.every((part) => !/[\r\n,\s]/.test(part)))
  }
})

test('dropCookie has the attributes of the cookie that it drops and lies in the past', async () => {
  const parts = await setCookieOf((reply) => dropCookie(reply, NAME, true))
  const expired = ['Expires=Thu, 01 Jan 1970 00:00:00 GMT', 'HttpOnly', 'Max-Age=0', 'Path=/', 'SameSite=Lax', 'Secure']
  assert.deepEqual(parts, [...expired, `${NAME}=`].sort())
})

async function setCookieOf(act: (reply: FastifyReply) => void): Promise<string[]> {
  const app = fastify()
  acceptSetCookie(app)
  app.get('/', async (_request, reply) => {
    act(reply)
    return 'ok'
  })
  const { headers } = await app.inject('/')
  await app.close()
  return String(headers['set-cookie']).split('; ').sort()
}
