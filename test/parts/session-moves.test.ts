import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import fc from 'fast-check'
import { noticeAnomalies } from '../../src/chores/anomalies.ts'
import { isFreshlyProven } from '../../src/lib/fresh-proof.ts'
import type { Principal } from '../../src/lib/principal.ts'
import { createLog } from '../../src/observe/log.ts'
import { createContext } from '../../src/parts/context.ts'
import type { Context } from '../../src/parts/context.ts'
import type { Visit } from '../../src/sessions/trail.ts'
import { statement } from '../../src/store/statement.ts'
import { findCredentials } from '../../src/users/users.ts'
import { HOST, listenOnFreePort, openTestApp, ORIGIN, SECRET_KEY, testConfig } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { rawRequest, rawStatus } from '../support/http.ts'

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0'
const FIREFOX_LATER = 'Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0'
const SAFARI = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1'
const CURL = 'curl/8.5.0'
const HOME: Visit = { clientAddress: '198.51.100.7', userAgent: FIREFOX }
const THIEF: Visit = { clientAddress: '203.0.113.66', userAgent: CURL }

const EVENTS = statement<
  [],
  { type: string; session_id: string; actor_id: string | null; details: Record<string, unknown> }
>(
  'events',
  `select event_type as type, session_id, actor_id, details from auth.auth_audit_log
   where event_type in ('session_moved', 'anomaly_sign_in_burst', 'anomaly_many_networks') order by occurred_at`,
)
const MAILS = statement<[], { kind: string; recipient: string }>(
  'mails',
  `select kind, recipient from auth.mail_outbox order by created_at`,
)
const SHOWN = statement<[], { shown_networks: string[]; shown_devices: string[]; end_reason: string | null }>(
  'shown',
  'select shown_networks, shown_devices, end_reason from auth.sessions',
)

test('CACHE-10: a copied cookie is for nobody elsewhere on another device, and ends the session once, in strict', async (t) => {
  const { one, other, token, events } = await place(t, 'strict')
  assert.equal((await look(one, token, HOME))?.login, 'alice')
  assert.equal((await look(other, token, HOME))?.login, 'alice')
  assert.equal(await look(one, token, THIEF), null)
  assert.equal(await look(other, token, THIEF), null)
  assert.equal((await look(one, token, HOME))?.login, 'alice')
  await settle(t, one, other)
  assert.equal(await look(one, token, HOME), null)
  assert.equal(await one.sessions.whoHas(token, null), null)
  const [moved, ...others] = await events()
  assert.deepEqual([others, moved?.type, moved?.actor_id], [[], 'session_moved', null])
  assert.deepEqual([moved?.details['network'], moved?.details['began_at']], ['203.0.113.0/24', '198.51.100.7'])
  assert.deepEqual(await one.database.query(MAILS), [{ kind: 'session_moved_ended', recipient: 'alice@example.com' }])
  assert.equal((await one.database.query(SHOWN))[0]?.end_reason, 'session_moved')
})

test('a session that moved goes on in notify, and is told of once for each new place', async (t) => {
  const { one, other, token, events } = await place(t, 'notify')
  await look(other, token, HOME)
  const there = await look(one, token, THIEF)
  assert.equal(there?.login, 'alice')
  await look(other, token, THIEF)
  await settle(t, one, other)
  await look(one, token, THIEF)
  await look(other, token, { ...THIEF, clientAddress: '203.0.113.99' })
  await settle(t, one, other)
  assert.equal((await events()).length, 1)
  await look(one, token, { ...THIEF, userAgent: SAFARI })
  await settle(t, one, other)
  const told = await events()
  assert.deepEqual(
    told.map(({ details }) => details['device']),
    ['Unknown device', 'Safari on iPhone'],
  )
  assert.deepEqual(
    (await one.database.query(MAILS)).map(({ kind }) => kind),
    ['session_moved', 'session_moved'],
  )
})

for (const mode of ['strict', 'notify'] as const) {
  test(`whoever guesses the browser of the owner until it fits has moved all the same, in ${mode}`, async (t) => {
    const { one, token, events } = await place(t, mode)
    await look(one, token, HOME)
    for (const userAgent of [CURL, SAFARI, FIREFOX]) await look(one, token, { ...THIEF, userAgent })
    assert.equal((await look(one, token, { ...THIEF, userAgent: FIREFOX }))?.login, 'alice', 'until it is settled')
    await settle(t, one)
    assert.deepEqual(new Set((await events()).map(({ type }) => type)), new Set(['session_moved']))
    const there = await look(one, token, { ...THIEF, userAgent: FIREFOX })
    if (mode === 'strict') assert.equal(there, null)
    else assert.equal(typeof there?.movedAt, 'number')
  })
}

test('one program of the owner that comes elsewhere before the browser does ends nothing', async (t) => {
  const { one, token, events } = await place(t, 'strict')
  await look(one, token, HOME)
  const elsewhere = { ...HOME, clientAddress: '203.0.113.66' }
  assert.equal(await look(one, token, { ...elsewhere, userAgent: CURL }), null)
  assert.equal(await look(one, token, { clientAddress: '2001:db8::1', userAgent: CURL }), null)
  assert.equal((await look(one, token, elsewhere))?.login, 'alice')
  await settle(t, one)
  assert.deepEqual(await events(), [])
  assert.equal((await look(one, token, { ...elsewhere, userAgent: CURL }))?.login, 'alice')
})

test('what was proven before a session moved is not fresh, from the first request elsewhere on', async (t) => {
  const { one, token } = await place(t, 'notify')
  const atHome = await look(one, token, HOME)
  const fresh = (principal: Principal | null): boolean =>
    principal !== null && isFreshlyProven(principal, [], Date.now())
  assert.equal(fresh(atHome), true)
  t.mock.timers.tick(1)
  assert.equal(fresh(await look(one, token, THIEF)), false)
  await settle(t, one)
  const known = await look(one, token, THIEF)
  assert.equal(fresh(known), false)
  const { userId, signInId, factors, movedAt } = known ?? assert.fail('is out')
  assert.equal(typeof movedAt, 'number')
  const provenAgain = { ...factors, password: Date.now() }
  const raised = await one.feed.commit(one.database, (tx) => one.sessions.raise(tx, { signInId, factors: provenAgain }))
  assert.equal(fresh(await look(one, raised?.token ?? '', THIEF)), true, userId)
})

test('a session is told of a bounded number of times, however many places it comes from', async (t) => {
  const { one, token, events } = await place(t, 'notify')
  await look(one, token, HOME)
  for (let place = 0; place < 20; place++)
    await look(one, token, { clientAddress: `203.0.${place}.1`, userAgent: `agent ${'x'.repeat(place + 1)}` })
  await settle(t, one)
  assert.equal((await events()).length, 8)
})

test('nothing is compared where the binding is off', async (t) => {
  const { one, token, events } = await place(t, 'off')
  await look(one, token, HOME)
  assert.equal((await look(one, token, THIEF))?.movedAt, undefined)
  assert.equal(one.binding, null)
  assert.deepEqual(await events(), [])
})

test('what is new alone is learnt in a batch, for every process, and the latest are kept', async (t) => {
  const { one, other, token, events } = await place(t, 'strict')
  await look(one, token, HOME)
  await look(other, token, HOME)
  for (let network = 0; network < 12; network++)
    assert.notEqual(await look(one, token, { ...HOME, clientAddress: `203.0.${network}.1` }), null)
  await one.binding?.flush()
  const [row] = await one.database.query(SHOWN)
  assert.deepEqual(
    row?.shown_networks,
    [5, 6, 7, 8, 9, 10, 11].map((network) => `203.0.${network}.0/24`),
  )
  assert.notEqual(await look(other, token, { clientAddress: '203.0.11.9', userAgent: SAFARI }), null)
  await settle(t, one, other)
  assert.equal((await one.database.query(SHOWN))[0]?.shown_devices.length, 1)
  assert.deepEqual(await events(), [])
})

test('an update of the browser is the same device', async (t) => {
  const { one, token } = await place(t, 'strict')
  assert.notEqual(await look(one, token, { clientAddress: '203.0.113.66', userAgent: FIREFOX_LATER }), null)
})

test('a proxy that does not tell the address teaches nothing, and is never a move', async (t) => {
  const { one, token } = await place(t, 'strict')
  await look(one, token, HOME)
  assert.notEqual(await look(one, token, { clientAddress: '', userAgent: CURL }), null)
  assert.equal(await look(one, token, THIEF), null)
})

test('CACHE-10: a move that was noted before the sign-out is not told of after it', async (t) => {
  const { one, token, events } = await place(t, 'strict')
  const { signInId } = (await look(one, token, HOME)) ?? assert.fail('is out')
  await look(one, token, THIEF)
  await one.sessions.end(signInId, 'signed_out')
  await settle(t, one)
  assert.deepEqual([await events(), (await one.database.query(SHOWN))[0]?.end_reason], [[], 'signed_out'])
})

test('while moves can not be written they wait, and learning too', async (t) => {
  const { one, token, events } = await place(t, 'strict')
  await look(one, token, HOME)
  await look(one, token, THIEF)
  await look(one, token, { ...HOME, userAgent: SAFARI })
  const query = one.database.query.bind(one.database)
  t.mock.method(one.database, 'query', () => Promise.reject(new Error('away')))
  t.mock.timers.tick(3_000)
  await assert.rejects(one.binding?.flush() ?? Promise.resolve(), /away/)
  Object.assign(one.database, { query })
  await one.binding?.flush()
  assert.equal((await events()).length, 1)
  assert.equal((await one.database.query(SHOWN))[0]?.shown_devices.length, 1)
})

test('a session whose network or device alone changes is never ended, whichever process sees it', async (t) => {
  const { app, one, other } = await place(t, 'strict')
  const networks = ['198.51.100.7', '203.0.113.66', '192.0.2.1', '2001:db8:1::1', '2001:db8:2::1']
  const devices = [FIREFOX, SAFARI, CURL, '']
  const step = fc.record({
    network: fc.option(fc.nat(networks.length - 1)),
    device: fc.nat(devices.length - 1),
    isHere: fc.boolean(),
    visits: fc.array(fc.boolean(), { maxLength: 2 }),
  })
  const property = fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
    const token = await start(app)
    let visit = HOME
    for (const { network, device, isHere, visits } of steps) {
      const userAgent = devices[device] ?? ''
      visit = network === null ? { ...visit, userAgent } : { ...visit, clientAddress: networks[network] ?? '' }
      for (const here of [isHere, ...visits]) assert.notEqual(await look(here ? one : other, token, visit), null)
      t.mock.timers.tick(1_000)
      for (const each of [one, other]) await each.binding?.flush()
    }
    await settle(t, one, other)
    assert.notEqual(await one.sessions.whoHas(token, null), null)
  })
  await fc.assert(property, { numRuns: 40 })
})

test('a portal page is for nobody who comes with a copied cookie, in strict', async (t) => {
  const { app, token } = await place(t, 'strict')
  const port = await listenOnFreePort(app.portal)
  const cookie = `${app.context.gatewayParts.cookies.names.portal}=${token}`
  const list = async ({ clientAddress, userAgent = '' }: Visit): Promise<number | null> => {
    const lines = [
      'GET /.postern/account/sessions HTTP/1.1',
      `Host: ${HOST}`,
      `Cookie: ${cookie}`,
      `User-Agent: ${userAgent}`,
      `X-Forwarded-For: ${clientAddress}`,
      'X-Forwarded-Proto: https',
      'Connection: close',
    ]
    return rawStatus(await rawRequest(port, `${lines.join('\r\n')}\r\n\r\n`))
  }
  assert.equal(await list(HOME), 200)
  assert.equal(await list(THIEF), 302)
})

test('failures for many names from one network are told of once an hour, with the numbers', async (t) => {
  const { app, one, events } = await place(t, 'notify')
  await app.addUser('root', { roles: ['postern-admin'], password: null })
  for (let name = 0; name < 30; name++) await fail(one, `nobody${name}`, '203.0.113.66')
  for (let name = 0; name < 15; name++) await fail(one, `typo${name}`, '198.51.100.7')
  t.mock.timers.tick(11_000)
  for (let look = 0; look < 3; look++) await noticeAnomalies(one, Date.now())
  const told = await events()
  assert.deepEqual(
    told.map(({ type, details }) => [type, details['network'], details['names'], details['usual']]),
    [['anomaly_sign_in_burst', '203.0.113.66/32', 30, 0]],
  )
  assert.deepEqual(await one.database.query(MAILS), [{ kind: 'sign_in_burst', recipient: 'root@example.com' }])
  for (let name = 0; name < 20; name++) await fail(one, `more${name}`, '192.0.2.1')
  t.mock.timers.tick(11_000)
  await noticeAnomalies(one, Date.now())
  assert.equal((await events()).length, 3)
  assert.equal((await one.database.query(MAILS)).length, 1)
  const metrics = await one.metrics.expose()
  assert.match(metrics, /postern_anomalies_total\{kind="sign_in_burst"\} 3/)
})

interface Place {
  readonly app: TestApp
  readonly one: Context
  /** Another process on the same database. */
  readonly other: Context
  /** Alice's, who began at home. */
  readonly token: string
  readonly events: () => Promise<readonly { type: string; actor_id: string | null; details: Record<string, unknown> }[]>
}

/** Two processes whose clock stands still. */
async function place(t: TestContext, mode: 'off' | 'notify' | 'strict'): Promise<Place> {
  const env = { POSTERN_SESSION_BINDING: mode }
  const app = await openTestApp(t, { env })
  await app.addUser('alice', { password: null })
  const other = await createContext({
    loaded: testConfig({ POSTERN_PUBLIC_URL: `${ORIGIN}/.postern`, ...env }),
    store: { database: app.database, secretKeys: [SECRET_KEY] },
    log: createLog('silent', { write: () => undefined }),
    onFirstRunDone: async () => {},
  })
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
  const events = () => app.database.query(EVENTS)
  return { app, one: app.context, other, token: await start(app), events }
}

async function start({ context: { database, sessions } }: TestApp): Promise<string> {
  const person = (await findCredentials(database, 'alice')) ?? assert.fail('there is no alice')
  const about = { userId: person.id, sessionEpoch: person.session_epoch, factors: { password: Date.now() } }
  const from = { address: HOME.clientAddress, userAgent: FIREFOX }
  const session = await database.transaction((tx) => sessions.start(tx, { ...about, ...from }))
  return session?.token ?? assert.fail('may not sign in')
}

async function look({ feed, sessions }: Context, token: string, visit: Visit): Promise<Principal | null> {
  await feed.read()
  return sessions.whoHas(token, null, visit)
}

/** Lets every process write what it has, a second and three seconds later. */
async function settle(t: TestContext, ...processes: readonly Context[]): Promise<void> {
  for (const ms of [1_000, 2_000]) {
    t.mock.timers.tick(ms)
    for (const { binding } of processes) await binding?.flush()
  }
}

async function fail({ attempts }: Context, name: string, address: string): Promise<void> {
  await attempts.reserve({ name, userId: null, address, deviceHash: null, factor: 'password' })
}
