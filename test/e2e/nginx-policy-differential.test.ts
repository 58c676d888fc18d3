import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readPolicyFile } from '../../src/policies/policy-file.ts'
import type { Policy } from '../../src/policies/policy.ts'
import { principal } from '../policies/fixture.ts'
import { oddPath } from '../policies/generated.ts'
import { createReference } from '../policies/reference.ts'
import { POLICY } from '../support/app.ts'
import { headerValues, startEchoApp } from '../support/echo-app.ts'
import type { EchoedRequest } from '../support/echo-app.ts'
import { rawRequest, rawStatus } from '../support/http.ts'
import { startNginx } from '../support/nginx.ts'
import { READERS } from '../support/readers.ts'
import { openListener } from '../verify/ask.ts'

/** As request lines give them; what nginx itself refuses is among them. */
const WRITTEN = [
  '/public/a.css',
  '/healthz',
  '/admin/',
  '/public/../admin/',
  '/public/%2e%2e/admin/',
  '/public/..%2fadmin/',
  '/public/%252e%252e/admin',
  '/public/..;/admin/',
  '/public;/../admin/',
  '/public/..%5cadmin',
  '/public/..\\admin',
  '//admin/',
  '//z/admin/',
  '/ADMIN/x',
  '/%41dmin',
  '/admin%20/x',
  '/admin./x',
  '/public/..%20/admin',
  '/public/../admin/%2e%2e/../public/y',
  '/admin::$DATA',
  '/index.php/admin/',
  '/(S(z))/admin/',
  '/old%2fx',
  '/OLD/x',
  '/x/..;z/old',
  '/public/%c0%ae%c0%ae/admin',
  '/%EF%BC%8Fadmin',
  '/healthz%23x',
  '/healthz#x',
  '/admin%3fx=/public/',
  '/public/%00/../admin',
]
const SAMPLE = 250
/** Requests under way at a time. */
const AT_ONCE = 8

test('no app behind nginx is ever given a path in which it reads what the policy keeps from that visitor', async (t) => {
  const listener = await openListener(t)
  const app = await startEchoApp(t)
  const verify = `127.0.0.1:${listener.port}`
  const nginx = await startNginx(t, { verify, portal: verify, app: app.address })
  const visitors = { alice: listener.alice, bob: listener.bob, '': null }
  const targets = [...WRITTEN, ...fc.sample(oddPath, { numRuns: SAMPLE, seed: 4 })]
  const statuses = new Map<number | null, number>()

  for (const [login, token] of Object.entries(visitors)) {
    const before = app.requests.length
    await inTurns(targets, async (target) => {
      const cookie = token === null ? [] : [`Cookie: __Host-postern=${token}`]
      const lines = [`GET ${target} HTTP/1.1`, `Host: ${nginx.host}`, ...cookie, 'Connection: close']
      const received = await rawRequest(nginx.httpsPort, `${lines.join('\r\n')}\r\n\r\n`, { servername: nginx.host })
      const status = rawStatus(received)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    })
    for (const request of app.requests.slice(before)) assertMayReach(login, request)
  }

  // All of them were answered, none by a fault, and both the app and the gateway had their part.
  assert.deepEqual(
    [...statuses.keys()].toSorted((one, other) => Number(one) - Number(other)),
    [200, 400, 401, 403],
  )
  assert.ok(app.requests.length > 100 && app.requests.length < targets.length * 2, `${app.requests.length} reached it`)
})

function assertMayReach(login: string, { url, rawHeaders }: EchoedRequest): void {
  const told = headerValues(rawHeaders, 'Remote-User').join()
  assert.ok(told === login || told === '', `${told} for ${login}`)
  const who = { alice: principal('alice', ['user']), bob: principal('bob', ['admin', 'team']) }[login] ?? null
  for (const [name, { read, fold }] of Object.entries(READERS)) {
    const text = read(url)
    if (text === null) continue
    const reference = createReference(RULES, SOURCE.roles, fold)
    const strictness = reference.judge(text, { method: 'GET', query: '', clientAddress: '127.0.0.1' }, who)
    assert.equal(strictness, 0, `${name} read ${text} in ${url}, which ${login || 'nobody'} was let through to`)
  }
}

async function inTurns(targets: readonly string[], visit: (target: string) => Promise<void>): Promise<void> {
  const left = [...targets]
  const go = async (): Promise<void> => {
    for (let target = left.pop(); target !== undefined; target = left.pop()) await visit(target)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, go))
}

function source(): Policy {
  const policy = readPolicyFile(POLICY)
  return Array.isArray(policy) ? assert.fail('the tests have a policy that is wrong') : policy
}

const SOURCE = source()
const RULES = SOURCE.apps.find(({ name }) => name === 'app')?.rules ?? []
