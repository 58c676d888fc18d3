import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ERRORS } from '../../src/errors.ts'
import { startDemoApp } from '../../src/processes/demo.ts'
import { PASSWORD, usePolicy } from '../support/app.ts'
import { createVisitor, rawRequest } from '../support/http.ts'
import { openProxied, startApp } from './behind.ts'

suite('what a visitor of proxy mode gets', () => {
  test('anonymous, a way to sign in and back to exactly the page that was asked for', async (t) => {
    const { url, server } = await startDemoApp()
    t.after(async () => void server.close())
    const { port } = await openProxied(t, url)
    const visitor = createVisitor(t, { hosts: { localhost: port } })
    const asked = await visitor.visit('http://localhost/notes?x=%2F&y=1', {
      headers: { accept: 'text/html' },
      redirects: 3,
    })
    const field = (name: string): string => new RegExp(`name="${name}" value="([^"]+)"`).exec(asked.text)?.[1] ?? ''
    const body = { username: 'alice', password: PASSWORD, csrf: field('csrf'), rd: field('rd') }
    const signedIn = await visitor.visit('http://localhost/.postern/login', { method: 'POST', body })
    assert.deepEqual([signedIn.status, signedIn.headers['location']], [303, 'http://localhost/notes?x=%2F&y=1'])
    const page = await visitor.visit('http://localhost/notes?x=%2F&y=1')
    assert.match(page.text, /Hello, alice/)
    assert.doesNotMatch(page.text, /postern=/)
  })

  test('a redirect only for navigations, 303 after a form, else 401 as JSON', async (t) => {
    const { send } = await openProxied(t, await startApp(t, (_request, response) => response.end()))
    const start = 'http://localhost/.postern/start?rd='
    const page = await send('GET /a?b', { anonymous: true, more: ['Accept: text/html'] })
    assert.deepEqual([page.status, page.header('location')], [302, `${start}%2Fa%3Fb`])
    const form = await send('POST /a', {
      anonymous: true,
      more: ['Sec-Fetch-Mode: navigate', 'Content-Length: 3'],
      body: 'a=b',
    })
    assert.equal(form.status, 303)
    const script = await send('GET /a', { anonymous: true, more: ['Accept: */*'] })
    assert.equal(script.status, 401)
    assert.ok(script.body.includes(`"login_url":"${start}%2F"`))
  })

  test('a 403 page with the number of the decision, or JSON, and the body of a POST is not waited for', async (t) => {
    const { send, logs } = await openProxied(t, await startApp(t, () => assert.fail('reached')))
    const page = await send('GET /admin/', { more: ['Accept: text/html'] })
    assert.equal(page.status, 403)
    assert.match(numberOn(page.body), /^[0-9a-f]{12}$/)
    const { reason, rule, login } = logs().find(({ decisionId }) => decisionId === numberOn(page.body)) ?? {}
    assert.deepEqual([reason, rule, login], ['missing_role', 2, 'alice'])
    const posted = await send('POST /admin/', { more: ['Content-Length: 1000000'], body: 'a' })
    assert.equal(posted.status, 403)
    assert.match(posted.body, /"code":"forbidden"/)
  })

  test('a connection whose body was refused is closed, however much more the client would send', async (t) => {
    const { port, alice } = await openProxied(t, await startApp(t, () => assert.fail('reached')))
    const head = `POST /admin/ HTTP/1.1\r\nHost: localhost\r\nCookie: postern=${alice}\r\nContent-Length: 1000000\r\n\r\na`
    const answer = await rawRequest(port, head)
    assert.match(answer, /^HTTP\/1.1 403 /)
    assert.match(answer, /\r\nConnection: close\r\n/)
  })

  test('502 while the app is down, with a page that tells nothing of it', async (t) => {
    const { send, logs } = await openProxied(t, new URL('http://127.0.0.1:9'))
    const { status, body, header } = await send('GET /public/')
    assert.equal(status, 502)
    assert.doesNotMatch(body, /127\.0\.0\.1|ECONN/)
    assert.match(header('content-security-policy') ?? '', /default-src 'none'/)
    const line = logs().at(-1)
    assert.deepEqual([line?.['msg'], line?.['method']], ['the app does not answer', 'GET'])
    assert.match(String(line?.['requestId']), /^[0-9a-f]{12}$/)
    assert.equal(numberOn(body), line?.['requestId'])
  })

  test('400 with the number that stands in the log, and its own sentence for an address that is not judged', async (t) => {
    const { send, logs } = await openProxied(t, await startApp(t, () => assert.fail('reached')))
    const cases = [
      ['GET /public/../a/../admin/', [], 'ambiguous_path', ERRORS.address_not_judged.message],
      ['GET /a%00', [], 'encoded_control', ERRORS.bad_request.message],
      ['GET /public/', ['Remote_User: root'], 'identity_header', ERRORS.bad_request.message],
    ] as const
    for (const [line, more, reason, message] of cases) {
      const { status, body } = await send(line, { more })
      const logged = logs().at(-1)
      assert.deepEqual([status, logged?.['reason'], numberOn(body)], [400, reason, logged?.['decisionId']])
      assert.ok(body.includes(message), body)
    }
  })

  test('503 when who it is can not be read', async (t) => {
    const { send, database, logs } = await openProxied(t, await startApp(t, () => assert.fail('reached')))
    await database.withConnection((connection) =>
      connection.script('alter table auth.session_tokens rename to elsewhere'),
    )
    const { status, body } = await send('GET /')
    assert.equal(status, 503)
    assert.match(numberOn(body), /^[0-9a-f]{12}$/)
    assert.ok(logs().some(({ decisionId, decision }) => decisionId === numberOn(body) && decision === 'fault'))
  })

  test('COOK: no cookie named like ours from the app, all others as they are', async (t) => {
    const own = ['a=1; Path=/', 'posternx=2', 'b=postern']
    const ours = ['postern=x', 'Postern_pre=x; Path=/', ' postern=x', '=postern=x', 'postern', 'postern_app=x; Secure']
    const app = await startApp(t, (_request, response) =>
      response.writeHead(200, { 'set-cookie': [...own, ...ours] }).end(),
    )
    const { send } = await openProxied(t, app)
    const { headers } = await send('GET /')
    assert.deepEqual(
      headers.filter(([name]) => name === 'set-cookie').map(([, value]) => value),
      own,
    )
  })

  test('the demo app lives through every path that a policy lets pass', async (t) => {
    const { url, server } = await startDemoApp()
    t.after(async () => void server.close())
    const { send, context } = await openProxied(t, url)
    await usePolicy(
      context,
      'version: 1\napps:\n  - { name: app, hosts: [localhost], scheme: http, rules: [{ require: {} }] }\n',
    )
    for (const path of ['//', '///', '//@', '//:80', '/%20', '/a?//', '/[', '/:', '//[']) {
      assert.equal((await send(`GET ${path}`)).status, 200, path)
    }
  })
})

/** What a person can tell their administrator, or an empty text. */
function numberOn(page: string): string {
  return /<code>([^<]*)<\/code>/.exec(page)?.[1] ?? ''
}
