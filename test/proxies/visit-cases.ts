import assert from 'node:assert/strict'
import { hiddenFields } from '../support/form.ts'
import type { EchoedRequest } from '../support/echo-app.ts'
import type { Reply, Visitor } from '../support/http.ts'
import { PASSWORD } from '../support/app.ts'
import type { Case } from './case.ts'
import { browser, namesTold, send, sendAll, told } from './talk.ts'
import { HOST, OTHER_HOST } from './world.ts'

const AS_PAGE = { accept: 'text/html', 'sec-fetch-mode': 'navigate' }

/** Signing in and what a visitor gets to see. */
export const VISIT_CASES: readonly Case[] = [
  {
    name: 'a visitor signs in and comes back to the very page, on another app’s host too, until he signs out',
    outcome: 'alice',
    async run(world, t) {
      const visitor = browser(t, world)
      const [origin, otherOrigin] = [`https://${HOST}:${world.port}`, `https://${OTHER_HOST}:${world.port}`]
      const back = await signIn(visitor, `${origin}/wiki?a=%2F&b=c`, origin)
      assert.equal((JSON.parse(back.text) as EchoedRequest).url, '/wiki?a=%2F&b=c')
      const there = await visitor.visit(`${otherOrigin}/secret/x`, { headers: AS_PAGE, redirects: 5 })
      const seen = JSON.parse(there.text) as EchoedRequest
      assert.deepEqual([seen.url, told([seen], 'remote-user')], ['/secret/x', ['alice']])
      const page = await visitor.visit(`${origin}/.postern/logout`, { headers: AS_PAGE })
      const form = {
        method: 'POST',
        body: hiddenFields(page.text, '/.postern/logout'),
        headers: { ...AS_PAGE, origin },
      } as const
      await visitor.visit(`${origin}/.postern/logout`, form)
      const statuses = [`${origin}/wiki`, `${otherOrigin}/secret/x`].map(
        async (url) => (await visitor.visit(url)).status,
      )
      assert.deepEqual(await Promise.all(statuses), [401, 401])
      return told([JSON.parse(back.text) as EchoedRequest], 'remote-user').join()
    },
  },
  {
    name: 'a page without sign-in is sent to it, a program is told 401',
    outcome: '302 401 401 401',
    async run(world) {
      const asked = [
        ['Accept: text/html'],
        [],
        ['Sec-Fetch-Mode: cors'],
        [
          'Accept: text/html',
          'Upgrade: websocket',
          'Connection: Upgrade, close',
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        ],
      ]
      const seen = await sendAll(
        world,
        asked.map((more) => ({ line: 'GET /wiki?a=%2F', more })),
      )
      for (const { app } of seen) assert.deepEqual(app, [])
      const start = `https://${HOST}:${world.port}/.postern/start?rd=%2Fwiki%3Fa%3D%252F`
      assert.ok(seen[0]?.text.toLowerCase().includes(`location: ${start}`.toLowerCase()), seen[0]?.text)
      return seen.map(({ status }) => status).join(' ')
    },
  },
  {
    name: 'who is signed in but may not enter gets 403, HEAD and POST alike, and the app hears nothing',
    outcome: '403 403 403',
    async run(world) {
      const lines = ['GET /admin/', 'HEAD /admin/', 'POST /admin/']
      const seen = await sendAll(
        world,
        lines.map((line) => ({ line, signedIn: true, more: ['Content-Length: 0'] })),
      )
      assert.deepEqual(
        seen.flatMap(({ app }) => app),
        [],
      )
      return seen.map(({ status }) => status).join(' ')
    },
  },
  {
    name: 'a rule for some methods is not one for others',
    outcome: '200 200 401 401 403',
    async run(world) {
      const methods = ['GET', 'POST', 'PUT', 'DELETE', 'PROPFIND']
      const seen = await sendAll(
        world,
        methods.map((method) => ({ line: `${method} /public/a`, more: ['Content-Length: 0'] })),
      )
      assert.deepEqual(
        seen
          .flatMap(({ app }) => app)
          .map(({ method }) => method)
          .toSorted(),
        ['GET', 'POST'],
      )
      return seen.map(({ status }) => status).join(' ')
    },
  },
  {
    name: 'the portal answers below /.postern/, and nothing of the app is reached by its name',
    outcome: '200',
    async run(world) {
      const login = await send(world, {
        line: 'GET /.postern/login',
        more: ['Remote-User: root', 'X-Postern-Secret: x'],
      })
      const tricks = [
        '/.postern/../x',
        '/.postern/..%2fx',
        '/.postern/%2e%2e/x',
        '/.postern/..;/x',
        '/.postern\\..\\x',
        '/.postern//../../x',
      ]
      for (const target of tricks) {
        const { app, status } = await send(world, { line: `GET ${target}`, more: ['Accept: text/html'] })
        assert.deepEqual([app, status === 200], [[], false], target)
      }
      return String(login.status)
    },
  },
  {
    name: 'our cookies never reach the app, the others do as they were',
    outcome: 'ours kept back',
    async run(world) {
      const cookies: readonly (readonly [sent: string, kept: string])[] = [
        ['a=1; b="x y"; c', 'a=1; b="x y"; c'],
        ['__Host-postern=t; a=1; __Host-postern_app=t; b=2; __Secure-postern=x', 'a=1; b=2'],
        ['postern=t; a=1; postern_pre=x; posterns=2; my_postern=3', 'a=1; posterns=2; my_postern=3'],
        ['__Host-postern_state=t; __Host-postern=u', ''],
        ['a=__Host-postern=t; b=postern=2', 'a=__Host-postern=t; b=postern=2'],
      ]
      for (const [sent, kept] of cookies) {
        const { app } = await send(world, { line: 'GET /public/a', more: [`Cookie: ${sent}`] })
        assert.deepEqual(told(app, 'cookie').join(), kept, sent)
      }
      const { app } = await send(world, {
        line: 'GET /public/a',
        more: ['Cookie: a=1', 'Cookie: __Host-postern=t', 'Cookie: b=2'],
      })
      assert.doesNotMatch(told(app, 'cookie').join(), /postern/)
      assert.ok(!namesTold(app).includes('x-postern-secret'))
      return 'ours kept back'
    },
  },
]

async function signIn(visitor: Visitor, url: string, origin: string): Promise<Reply> {
  const form = await visitor.visit(url, { headers: AS_PAGE, redirects: 5 })
  assert.equal(form.status, 200, form.text)
  const body = { ...hiddenFields(form.text, '/.postern/login'), username: 'alice', password: PASSWORD }
  return visitor.visit(`${origin}/.postern/login`, {
    method: 'POST',
    body,
    headers: { ...AS_PAGE, origin },
    redirects: 5,
  })
}
