import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { ValidateFunction } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { OWN_PERMISSIONS } from '../../src/lib/permissions.ts'
import type { OwnPermission } from '../../src/lib/permissions.ts'
import { openPortal } from '../login/browser.ts'
import { POLICY, suiteCleanup } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { brokenFrom, validFrom } from '../support/from-schema.ts'
import type { Known, Schema } from '../support/from-schema.ts'
import { byCookie, byToken } from './caller.ts'
import type { Answer, Call } from './caller.ts'

interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required: boolean
  readonly schema: Schema
}

interface Told {
  readonly operationId: string
  readonly parameters: readonly Parameter[]
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Schema } } }
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>
  >
}

interface Document {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Told>>>>
  readonly components: { readonly schemas: { readonly Error: Schema } }
}

interface Wish {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

const RUNS = Number(process.env['POSTERN_API_FUZZ_RUNS'] ?? 6)
const SEED = Number(process.env['POSTERN_API_FUZZ_SEED'] ?? 9)
const PERMISSIONS = Object.keys(OWN_PERMISSIONS) as OwnPermission[]
const HELPDESK = `  helpdesk: ['postern.users:read', 'postern.users:write', 'postern.sessions:read', 'postern.attempts:clear']\n`
const FUZZED_POLICY = POLICY.replace('roles:\n', `roles:\n${HELPDESK}`)
/** Of whoever calls none is among them, so that nobody locks himself out. */
const KNOWN: Known = {
  login: ['alice', 'bob', 'carol', 'ALICE', ' alice'],
  user: ['alice', 'nobody-here'],
  role: ['user', 'admin', 'team', 'helpdesk', 'postern-admin'],
  add: [['user'], ['postern-admin'], ['helpdesk']],
  remove: [['user'], ['postern-admin']],
  roles: [[], ['user'], ['postern-admin']],
  email: ['new@example.com', 'alice@example.com'],
  app: ['app', 'team'],
  source: [FUZZED_POLICY, `${FUZZED_POLICY}# more\n`, 'version: 1\n', 'a: [', ''],
  url: ['https://app.example.com/admin/', 'https://app.example.com/%zz'],
  version: [1, 2],
  from: [1, '2026-01-01T00:00:00Z', '192.0.2.1'],
  until: [new Date(Date.now() + 86_400_000).toISOString(), '2020-01-01T00:00:00Z'],
  since: ['2h', '2026-01-01', 'soon'],
  network: ['192.0.2.0/24', '192.0.2.1', 'x'],
  id: ['00000000-0000-4000-8000-000000000000'],
  days: [1],
  'If-Match': ['*', '"1"'],
  'Idempotency-Key': ['a', 'b c', ''],
}

suite('every operation, as its document tells', () => {
  const cleanup = suiteCleanup()
  let app: TestApp
  let document: Document
  let replies: ReadonlyMap<string, ValidateFunction>
  const callers: Record<string, Call> = {}

  before(async () => {
    app = await openPortal(cleanup, { policy: FUZZED_POLICY, env: { POSTERN_RATE_LIMITS: 'off' } })
    for (const login of ['alice', 'bob', 'carol', 'plain']) await app.addUser(login, { roles: ['user'] })
    await app.addUser('helen', { roles: ['helpdesk'] })
    await app.addUser('root', { roles: ['postern-admin'] })
    callers['nobody'] = await byCookie(app)
    callers['plain'] = await byCookie(app, 'plain')
    callers['helpdesk'] = await byCookie(app, 'helen')
    callers['administrator'] = await byCookie(app, 'root')
    callers['token'] = await byToken(app, 'root', PERMISSIONS)
    document = JSON.parse((await callers['nobody']('GET', '/openapi.json')).text) as Document
    replies = repliesOf(document)
  })

  test('the document is OpenAPI 3.1, its schemas are JSON Schema, and names are given once', () => {
    assert.match(document.openapi, /^3\.1\./)
    const names = operationsOf(document).map(({ told }) => told.operationId)
    assert.deepEqual(names.length, new Set(names).size)
    assert.ok(names.length > 50, String(names.length))
    assert.ok(replies.size > names.length * 5)
  })

  for (const who of ['nobody', 'plain', 'helpdesk', 'administrator', 'token'])
    test(`${who} gets what is told of, whatever is sent, and never a fault`, async () => {
      const call = callers[who] ?? assert.fail(who)
      const seen = new Map<number, number>()
      for (const { path, method, told } of operationsOf(document)) {
        if (told.operationId === 'applyPolicy' && who !== 'administrator') continue
        const property = fc.asyncProperty(wishes(path, told), async ({ path: at, headers, body }) => {
          const answer = await call(method, at, body, headers)
          seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1)
          if (answer.status >= 500)
            assert.fail(
              `${method} ${at}: ${answer.text} ${JSON.stringify(app.logs().findLast((line) => Number(line['level']) >= 50))}`,
            )
          assertTold(answer, told, replies)
        })
        await fc.assert(property, { numRuns: RUNS, seed: SEED, endOnFailure: true })
      }
      const fine = [...seen].filter(([status]) => status < 300).reduce((sum, [, count]) => sum + count, 0)
      if (who === 'nobody') assert.equal(fine, 0)
      if (who === 'administrator' || who === 'token') assert.ok(fine > 50, JSON.stringify([...seen]))
      assert.deepEqual(
        [...seen.keys()].filter((status) => status >= 500),
        [],
      )
    })
})

function operationsOf({ paths }: Document): { path: string; method: 'GET' | 'POST'; told: Told }[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      // Signing in is another suite's: it is no operation, and would sign the callers out.
      .filter(() => !path.startsWith('/auth/'))
      .map(([method, told]) => ({ path, method: method.toUpperCase() as 'GET' | 'POST', told })),
  )
}

/** Half of them fit the document. */
function wishes(path: string, { parameters, requestBody }: Told): fc.Arbitrary<Wish> {
  return fc.boolean().chain((isValid) => {
    const from = isValid ? validFrom : brokenFrom
    const fields = (place: Parameter['in']): fc.Arbitrary<Record<string, unknown>> => {
      const own = parameters.filter((parameter) => parameter.in === place)
      const required = own.filter((parameter) => parameter.required || place === 'path').map(({ name }) => name)
      const all = own.map(({ name, schema }) => [name, from(schema, KNOWN, name)] as const)
      return fc.record(Object.fromEntries(all), { requiredKeys: isValid || place === 'path' ? required : [] })
    }
    const body = requestBody?.content['application/json'].schema
    return fc.record({
      path: fc.tuple(fields('path'), fields('query')).map(([params, query]) => pathOf(path, params, query)),
      headers: fields('header').map(headersOf),
      body: body === undefined ? fc.constant(undefined) : from(body, KNOWN),
    })
  })
}

function pathOf(path: string, params: Record<string, unknown>, query: Record<string, unknown>): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encode(params[name]).slice(0, 90) || 'x')
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${encode(value)}`)
  return pairs.length === 0 ? filled : `${filled}?${pairs.join('&')}`
}

/** Some halves of pairs of characters can't be written in a URL. */
function encode(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return encodeURIComponent(text.toWellFormed())
}

function headersOf(fields: Record<string, unknown>): Record<string, string> {
  const isSendable = (text: string): boolean => /^[\x20-\x7e]*$/.test(text)
  const texts = Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? value : ''] as const)
  return Object.fromEntries(texts.filter(([, text]) => isSendable(text)))
}

function repliesOf(document: Document): Map<string, ValidateFunction> {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema({ $id: 'document', components: document.components })
  const checks = new Map<string, ValidateFunction>()
  for (const { told } of operationsOf(document)) {
    for (const [status, { content }] of Object.entries(told.responses)) {
      const schema = content?.['application/json']?.schema
      if (schema === undefined) continue
      const own = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/')) as object
      checks.set(`${told.operationId} ${status}`, ajv.compile(own))
    }
  }
  return checks
}

function assertTold(
  { status, headers, text, body }: Answer,
  told: Told,
  replies: ReadonlyMap<string, ValidateFunction>,
): void {
  const what = `${told.operationId} ${status}: ${text.slice(0, 500)}`
  const response = told.responses[String(status)] ?? assert.fail(`not told of: ${what}`)
  const [type = ''] = (headers['content-type'] ?? '').split(';')
  assert.ok(response.content?.[type] !== undefined, `${type} is not told of: ${what}`)
  const check = replies.get(`${told.operationId} ${status}`)
  if (type !== 'application/json' || check === undefined) return
  assert.ok(check(body), `${JSON.stringify(check.errors?.[0])} ${what}`)
}
