import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { printSnippet } from '../../src/commands/snippet.ts'
import { writeSnippet } from '../../src/administration/snippet.ts'
import type { ListenAddress } from '../../src/config/values.ts'
import { OperatorError } from '../../src/errors.ts'
import { openTestApp, suiteCleanup } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'

const POLICY = `
version: 1
roles: { user: [] }
apps:
  - name: wiki
    hosts: [wiki.example.com, '*.wiki.example.com']
    headers: { X-WEBAUTH-USER: '{login}', X-Mail: '{email}' }
    assertion: true
    rules: [{ require: {} }]
  - name: own
    hosts: ['{login}.own.example.com']
    port: 8443
    rules: [{ require: {} }]
`

suite('postern snippet', () => {
  const cleanup = suiteCleanup()
  let app: TestApp
  before(async () => {
    app = await openTestApp(cleanup, {
      policy: POLICY,
      env: { POSTERN_VERIFY_LISTEN: 'unix:/run/postern/verify.sock' },
    })
  })
  const print = async (given: Readonly<Record<string, unknown>>): Promise<string> =>
    (await printSnippet(app.context, given)).text

  test('prints for the apps of the policy in force, with the headers of each', async () => {
    const text = await print({ proxy: 'haproxy', app: ['wiki', 'own'], upstream: ['http://10.0.0.5:3000'] })
    assert.match(
      text,
      /lua\.postern wiki unix@\/run\/postern\/verify\.sock Remote-User,.*,X-WEBAUTH-USER,X-Mail,X-Postern-Assertion$/m,
    )
    assert.match(text, /lua\.postern own unix@\/run\/postern\/verify\.sock [^X]*$/m)
    assert.match(text, /server app 10\.0\.0\.5:3000$/m)
    assert.match(text, /server app 127\.0\.0\.1:8080$/m)
    assert.match(text, /acl postern_own var\(txn\.postern_host\) -m reg \^\[a-z0-9-\]\+\\\.own/)
  })

  test('has nginx ask ports of ours over TLS where they speak it, and says of other proxies what is to be done', () => {
    const listen = { kind: 'tcp', host: '127.0.0.1', port: 9080 } as const
    const asked = (proxy: string, verifyListen: ListenAddress): string => {
      const config = { listen, verifyListen, tlsCertificateFile: '/etc/postern/tls.pem' }
      return writeSnippet({ config, policies: app.context.policies }, { proxy, apps: ['wiki'], upstreams: [] })
    }
    const overPort = asked('nginx', { ...listen, port: 9081 })
    assert.match(overPort, /set \$postern_scheme https;\n {4}include gateway-tls\.conf;/)
    assert.match(overPort, /proxy_pass https:\/\/postern_verify\/verify\/nginx\/app\/wiki;/)
    const overSocket = asked('nginx', { kind: 'unix', path: '/run/postern/verify.sock' })
    assert.match(overSocket, /set \$postern_scheme https;/)
    assert.match(overSocket, /proxy_pass http:\/\/postern_verify\//)
    assert.match(asked('haproxy', listen), /^# .*docs\/tls\.md/)
  })

  test('takes the app’s name for its Service in a cluster', async () => {
    assert.match(await print({ proxy: 'traefik', app: ['wiki'] }), /- \{ name: wiki, port: 80 \}/)
  })

  test('says what there is when a name is unknown', async () => {
    const wrong: readonly (readonly [Record<string, unknown>, RegExp])[] = [
      [{ proxy: 'ngnix', app: ['wiki'] }, /no proxy of that name\. Did you mean nginx\?/],
      [{ proxy: '__proto__', app: ['wiki'] }, /no proxy of that name/],
      [{ proxy: 'nginx', app: ['wikis'] }, /no app of that name\. Did you mean wiki\?/],
      [{ proxy: 'nginx', app: [] }, /Name an app/],
      [{ proxy: 'nginx' }, /Name an app/],
      [{ app: ['wiki'] }, /proxy is missing/],
      [{ proxy: 'nginx', app: ['wiki'], upstream: ['http://a', 'http://b'] }, /more upstreams than apps/],
    ]
    for (const [given, message] of wrong) await assert.rejects(print(given), (error) => fails(error, message))
  })

  test('CFG-02: an upstream is a scheme, a host and a port, and nothing that a configuration would read', async () => {
    const wrong = [
      '',
      'x',
      '10.0.0.5:80',
      'ftp://a',
      'http://a/b',
      'http://a?b',
      'http://a#b',
      'http://u@a',
      'http://a:0',
      'http://a:99999',
    ]
    const hostile = [
      'http://a; }',
      'http://a\nserver {',
      'http://$(x)',
      'http://{env.X}',
      'http://`x`',
      'http://a:80 b',
      "http://a'",
      'http://"',
    ]
    for (const upstream of [...wrong, ...hostile]) {
      await assert.rejects(print({ proxy: 'nginx', app: ['wiki'], upstream: [upstream] }), (error) =>
        fails(error, /URL without path/),
      )
    }
    for (const [upstream, server] of [
      ['http://[::1]:81', '[::1]:81'],
      ['https://wiki.internal/', 'wiki.internal:443'],
    ] as const) {
      assert.ok((await print({ proxy: 'nginx', app: ['wiki'], upstream: [upstream] })).includes(`server ${server};`))
    }
  })
})

function fails(error: unknown, message: RegExp): boolean {
  assert.ok(error instanceof OperatorError)
  assert.match(error.message, message)
  return error.exitCode === 2
}
