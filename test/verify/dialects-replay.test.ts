import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, suite, test } from 'node:test'
import { listenOnFreePort, openTestApp, suiteCleanup } from '../support/app.ts'
import { rawRequest } from '../support/http.ts'
import { readAnswer } from './ask.ts'
import type { Told } from './ask.ts'

const RECORDED = join(import.meta.dirname, 'recorded')

const POLICY = `
version: 1
roles: { admin: [] }
apps:
  - name: app
    hosts: [app.example.com]
    headers: { X-WEBAUTH-USER: '{login}' }
    rules:
      - { path: /public/**, allow: anyone }
      - { path: /dav/**, methods: [PROPFIND], require: {} }
      - { path: /admin/**, require: { role: admin } }
      - require: {}
  - name: open
    hosts: [open.example.com]
    rules: [{ allow: anyone }]
  - name: net
    hosts: [net.example.com]
    rules: [{ path: /lan/**, networks: [10.20.0.0/16], allow: anyone }]
`

/** What each question has to be answered with: a name in parentheses is who it is, `anon` nobody. */
const EXPECTED: Readonly<Record<string, string>> = {
  'traefik-page': '302 start /wiki?x=1',
  'traefik-fetch': '401',
  'traefik-signed-in': '200 (alice)',
  'traefik-form-sent-anonymously': '303 start /wiki/edit',
  'traefik-websocket': '401',
  'traefik-forged-originals': '403',
  'traefik-forged-identity': '400',
  'traefik-forged-alias': '400',
  'traefik-encoded-way-out': '403',
  'traefik-other-host': '400',
  'traefik-preserved-method-and-body': '200 anon, closes',
  'envoy-page': '302 start /wiki?x=1',
  'envoy-fetch': '401',
  'envoy-signed-in': '200 (alice)',
  'envoy-dav': '200 (alice)',
  'envoy-admin': '403',
  'envoy-forged-alias': '400',
  'envoy-encoded-way-out': '403',
  'envoy-app-in-path': '302 start /../open/admin/',
  'envoy-other-host': '400',
  'envoy-whole-server': '400',
  'envoy-from-the-lan': '200 anon',
  'envoy-claims-the-lan': '403',
  'istio-signed-in': '200 (alice)',
  'contour-page': '302 start /wiki?x=1',
  'gateway-api-signed-in': '200 (alice)',
  'ngf-page': '401 start /wiki?x=1',
  'ngf-signed-in': '200 (alice)',
  'ngf-networks': '403',
  'ingress-nginx-page': '401 start /wiki?x=1',
  'ingress-nginx-signed-in': '200 (alice)',
  'ingress-nginx-forged-forwarded': '403',
  'ingress-nginx-host-with-query': '403',
  'ingress-nginx-absolute-target': '403',
  'f5-nginx-page': '401 start /wiki?x=1',
  'f5-nginx-signed-in': '200 (alice)',
}

suite('questions in the form that proxies send which do not run here', () => {
  const cleanup = suiteCleanup()
  let port = 0
  let alice = ''
  before(async () => {
    const env = { POSTERN_TRUSTED_PROXIES: '127.0.0.1/32, 10.0.0.0/24' }
    const app = await openTestApp(cleanup, { policy: POLICY, env })
    port = await listenOnFreePort(app.verify)
    await app.addUser('alice', { password: null })
    alice = await app.token('alice')
  })
  const ask = async (name: string): Promise<Told> => {
    const text = readFileSync(join(RECORDED, `${name}.txt`), 'latin1').replace('{alice}', alice)
    const [head = '', body = ''] = text.split('\n\n')
    return readAnswer(await rawRequest(port, `${head.replaceAll('\n', '\r\n')}\r\n\r\n${body}`, { until: '\r\n\r\n' }))
  }

  for (const [name, expected] of Object.entries(EXPECTED)) {
    test(`${name}: ${expected}`, async () => {
      assert.equal(inWords(await ask(name)), expected)
    })
  }

  test('every question that is kept is asked', () => {
    const kept = readdirSync(RECORDED).filter((name) => name.endsWith('.txt'))
    assert.deepEqual(kept.map((name) => name.slice(0, -4)).toSorted(), Object.keys(EXPECTED).toSorted())
  })

  test('Envoy is told what to take out, which is all that was not told', async () => {
    const removed = async (name: string): Promise<string[]> =>
      ((await ask(name)).header('x-envoy-auth-headers-to-remove') ?? '').toLowerCase().split(',')
    const known = await removed('envoy-signed-in')
    assert.ok(!known.includes('remote-user') && !known.includes('x-webauth-user'))
    const unknown = await removed('envoy-from-the-lan')
    for (const header of ['remote-user', 'remote-groups', 'x-postern-assertion', 'x-postern-secret'])
      assert.ok(unknown.includes(header), header)
  })
})

function inWords({ status, header }: Told): string {
  const start = (header('location') ?? header('x-postern-location') ?? '').split('/.postern/start?rd=')[1]
  const user = header('remote-user')
  const closes = header('connection') === 'close' && header('content-length') === '0' ? ', closes' : ''
  if (status === 200) return `200 ${user === '' ? `anon${closes}` : `(${user})`}`
  return start === undefined ? String(status) : `${status} start ${decodeURIComponent(start)}`
}
