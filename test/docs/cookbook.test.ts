import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { grantRole } from '../../src/administration/grants.ts'
import { findCredentials } from '../../src/users/users.ts'
import type { FactorTimes } from '../../src/lib/principal.ts'
import type { Decision } from '../../src/policies/decision.ts'
import { decide, judge } from '../../src/policies/evaluate.ts'
import { readWrittenRequest, visitorAs } from '../../src/policies/run-tests-request.ts'
import { readTestedPolicy } from '../../src/policies/run-tests.ts'
import type { TestedPolicy } from '../../src/policies/run-tests.ts'
import { describeMistakes } from '../../src/policies/policy-file.ts'
import { createSessionCookies } from '../../src/web/session-cookies.ts'
import { ORIGIN, suiteCleanup, usePolicy } from '../support/app.ts'
import { openListener } from '../verify/ask.ts'
import type { Asked, Listener, Told } from '../verify/ask.ts'
import { basic, bearer, makeToken } from '../verify/machine.ts'
import { readCookbook } from './recipes.ts'
import type { Row, Who } from './recipes.ts'

const { cast, outcomes, recipes } = readCookbook()
const COOKIES = createSessionCookies(new URL(`${ORIGIN}/.postern`), null)
const DAY_MS = 86_400_000

suite('the policy cookbook', () => {
  const cleanup = suiteCleanup()
  let gateway: Listener
  before(async () => {
    gateway = await openListener(cleanup, { policy: policyOfRoles() })
    for (const [login, roles] of cast) await gateway.addUser(login, { roles, password: null })
  })

  for (const recipe of recipes) {
    test(`${recipe.title}: who gets in is what the page says`, async () => {
      const tested = await readTestedPolicy(recipe.policy)
      assert.ok(!Array.isArray(tested), Array.isArray(tested) ? describeMistakes('recipe', tested) : '')
      await usePolicy(gateway.context, recipe.policy)
      for (const row of recipe.rows) {
        const told = await gateway.ask(await questionOf(gateway, tested, row))
        assert.deepEqual(outcomeOf(told, row, tested), row.gets.outcome, row.text)
        for (const [name, value] of row.gets.headers) assert.equal(told.header(name.toLowerCase()), value, row.text)
      }
    })
  }

  test('has twenty recipes and more, each numbered, with rows that get in and rows that do not', () => {
    assert.ok(recipes.length >= 20)
    assert.deepEqual(
      recipes.map(({ title }) => Number.parseInt(title, 10)),
      recipes.map((_, place) => place + 1),
    )
    for (const { title, rows } of recipes) {
      assert.ok(rows.some(isIn), title)
      assert.ok(!rows.every(isIn), title)
    }
  })

  test('uses no word for what somebody gets that it has not explained', () => {
    for (const row of recipes.flatMap(({ rows }) => rows)) assert.ok(outcomes.includes(row.gets.outcome), row.text)
    for (const outcome of outcomes)
      assert.ok(
        recipes.some(({ rows }) => rows.some(({ gets }) => gets.outcome === outcome)),
        outcome,
      )
  })
})

function isIn({ gets }: Row): boolean {
  return gets.outcome.startsWith('in')
}

/** Defines every role that somebody of the page has; those that a recipe doesn't define count for nothing in it. */
function policyOfRoles(): string {
  const roles = new Set([...cast.values()].flat().filter((role) => role !== 'postern-admin'))
  return `version: 1\nroles: { ${[...roles].map((role) => `${role}: []`).join(', ')} }\napps: []\n`
}

async function questionOf(gateway: Listener, tested: TestedPolicy, { who, asks }: Row): Promise<Asked> {
  if (who.grant !== null) await grant(gateway, who)
  const { app, host } = appOf(tested, asks.host)
  const question = { method: asks.method, proto: app.scheme, host, uri: asks.target, address: asks.from }
  const url = `/verify/nginx/app/${app.name}`
  return { ...question, url, ...(await credentialsOf(gateway, host, who, hintsOf(who, asks.by))) }
}

function appOf(
  { policy }: TestedPolicy,
  wanted: string | null,
): { app: { name: string; scheme: string }; host: string } {
  const [first] = policy.apps
  assert.ok(first !== undefined)
  if (wanted === null) return { app: first, host: first.hosts[0] ?? '' }
  const name = nameOf(wanted)
  const matching = policy.apps.find(({ hosts }) =>
    hosts.some((host) => host === name || (host.startsWith('*.') && name.endsWith(host.slice(1)))),
  )
  return { app: matching ?? first, host: wanted }
}

/** What tells browsers, scripts and programs apart. */
function hintsOf({ kind }: Who, by: Row['asks']['by']): string[] {
  if (kind !== 'browser') return ['Accept: */*']
  if (by === 'fetch') return ['Sec-Fetch-Mode: cors', 'Accept: application/json']
  if (by === 'websocket') return ['Sec-Fetch-Mode: websocket', 'Upgrade: websocket']
  return ['Sec-Fetch-Mode: navigate', 'Accept: text/html']
}

async function credentialsOf(
  gateway: Listener,
  host: string,
  who: Who,
  hints: readonly string[],
): Promise<Pick<Asked, 'more'>> {
  if (who.login === null) return { more: hints }
  if (who.kind === 'browser') return { more: [...hints, await cookieOf(gateway, host, who)] }
  const scope = who.scope === null ? {} : { methods: [who.scope.method], paths: [who.scope.path] }
  const { token } = await makeToken(gateway, who.login, scope)
  return { more: [...hints, who.kind === 'token' ? bearer(token) : basic(who.login, token)] }
}

function factorsOf({ factors, agoMs }: Who, nowMs: number): FactorTimes {
  const at = nowMs - agoMs
  return factors === 2 ? { password: at, totp: at } : { password: at }
}

/** The cookie of an app host, as a browser has it after a sign-in at the portal. */
async function cookieOf({ database, context }: Listener, host: string, who: Who): Promise<string> {
  const person = await findCredentials(database, who.login ?? '')
  assert.ok(person !== null, who.login ?? '')
  const { id: userId, session_epoch: sessionEpoch } = person
  const factors = factorsOf(who, Date.now())
  const session = await database.transaction(async (tx) => {
    const started = await context.sessions.start(tx, { userId, sessionEpoch, factors, address: null, userAgent: '' })
    return started && context.sessions.addToken(tx, { signInId: started.signInId, host: nameOf(host), factors })
  })
  assert.ok(session !== null, `${who.login} may not sign in`)
  return `Cookie: ${COOKIES.names.app}=${session.token}`
}

/** One that is over had its time two days ago. */
async function grant({ context, database }: Listener, { login, grant: given }: Who): Promise<void> {
  if (login === null || given === null) return
  await script(database, 'delete from auth.grants')
  const until = new Date(Date.now() + DAY_MS)
  await grantRole(context, null, { login, role: given.role, until, reason: 'helps out' })
  const past =
    "update auth.grants set created_at = created_at - interval '2 days', ends_at = ends_at - interval '2 days'"
  if (given.over) await script(database, past)
  await context.feed.read()
}

/** In the words of the page. The gateway says that somebody must sign in; the rules say why. */
function outcomeOf(told: Told, row: Row, tested: TestedPolicy): string {
  const { status, header } = told
  if (status === 200) return inAs(header('remote-user'), row.who.login)
  if (status === 403) return 'no'
  if (status !== 401) return `status ${status}`
  if (header('www-authenticate') !== undefined) return '401, Basic'
  return header('x-postern-location') === undefined ? '401' : signInWords(decisionFor(tested, row))
}

function inAs(told: string | undefined, login: string | null): string {
  if (told === '') return 'in, unnamed'
  return told === login ? 'in' : `in as ${told}`
}

/** By the pure functions, which know the reason that no answer tells. */
function decisionFor({ policy, compiled }: TestedPolicy, { who, asks }: Row): Decision {
  const host = asks.host ?? policy.apps[0]?.hosts[0] ?? ''
  const url = `https://${host}${asks.target}`
  const original = readWrittenRequest(compiled, { method: asks.method, url, from: asks.from })
  if ('kind' in original) return original
  const nowMs = Date.now()
  const { login } = who
  const principal = login && { ...visitorAs({ login, roles: cast.get(login) ?? [], factors: 1 }, nowMs) }
  return decide(judge(compiled, original), principal ? { ...principal, factors: factorsOf(who, nowMs) } : null, nowMs)
}

function nameOf(host: string): string {
  return host.split(':')[0] ?? ''
}

function signInWords(decision: Decision): string {
  if (decision.kind !== 'sign_in') return `a sign-in page, where the rules say ${decision.kind}`
  return { nobody: 'sign in', second_factor: 'second factor', too_long_ago: 'prove again', session_moved: 'moved' }[
    decision.reason
  ]
}

function script(database: Listener['database'], sql: string): Promise<void> {
  return database.withConnection((connection) => connection.script(sql))
}
