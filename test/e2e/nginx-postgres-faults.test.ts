import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { ALICE, PASSWORD, startSite } from '../support/e2e.ts'
import type { ProductionSite } from '../support/e2e.ts'
import type { Reply } from '../support/http.ts'
import { administer, startPostgres } from '../support/postgres.ts'
import { until } from '../support/until.ts'
import { createPerson, signedIn } from './person.ts'
import type { Person } from './person.ts'

/** nginx waits 3 s for the gateway. */
const CLOSED_WITHIN_MS = 4_000
/** How long those who were in stay in without PostgreSQL. */
const GRACE_MS = 5_000
/** Well beyond the time for which a read of changes counts as fresh. */
const STAYED_IN_MS = 3_000
const BACK_WITHIN_MS = 10_000
const STOPPED_WITHIN_MS = 5_000

test('the gateway fails', { timeout: 120_000 }, async (t) => {
  const site = await startSite(t, { verify: 'unix' })
  const alice = await signedIn(t, site, ALICE.login)

  await t.test('while it hangs every page is closed, and afterwards open to those who were in', async (t) => {
    site.postern.process.kill('SIGSTOP')
    t.after(() => site.postern.process.kill('SIGCONT'))
    await assertClosed(t, site, alice)
    site.postern.process.kill('SIGCONT')
    await until('the page is back', BACK_WITHIN_MS, async () => (await alice.open('/')).status === 200)
  })

  await t.test('killed, it leaves every page closed, and started again it knows who was in', async (t) => {
    await site.postern.kill()
    await assertClosed(t, site, alice)
    const again = await site.startAgain()
    assert.equal((await alice.open('/')).status, 200)
    assert.equal((await createPerson(t, site).signIn('/', ALICE.login)).status, 200)
    assert.equal(await again.stop(), 0)
  })

  await t.test('asked to end under load it fails nobody but by a closed door', async (t) => {
    const again = await site.startAgain()
    const seen = site.app.requests.length
    const use = useUntilStopped(
      [alice, alice, alice, alice],
      [createPerson(t, site), createPerson(t, site)],
      site.origin,
    )
    await until('there is load', BACK_WITHIN_MS, () => site.app.requests.length > seen + 200)
    const stoppedAt = performance.now()
    assert.equal(await again.stop(), 0)
    const stopMs = Math.round(performance.now() - stoppedAt)
    const answers = await use.stop()
    const closed = answers.filter(({ status }) => status !== 200)
    t.diagnostic(`stopped in ${stopMs} ms; ${answers.length} requests, ${closed.length} of them closed`)
    assert.ok(stopMs < STOPPED_WITHIN_MS, 'a connection that nginx keeps held it up')
    assert.deepEqual(
      closed.filter(({ status, answeredAt }) => status < 500 || answeredAt < stoppedAt),
      [],
    )
    assert.ok(closed.some(({ status }) => status === 500))
    assert.match(again.logs(), /"msg":"stopped"/)
  })
})

test('PostgreSQL fails', { timeout: 120_000 }, async (t) => {
  const postgres = await startPostgres()
  t.after(() => postgres.close())
  await administer(postgres.urlPrefix, 'create database postern template template0')
  const env = { POSTERN_OUTAGE_GRACE: `${GRACE_MS / 1_000}s` }
  const site = await startSite(t, { verify: 'unix', databaseUrl: `${postgres.urlPrefix}postern`, env })
  const alice = await signedIn(t, site, ALICE.login)

  await t.test('while it is down those who were in stay in for the grace, and nobody else enters', async (t) => {
    await postgres.stop()
    await assertStaysIn(alice)
    assert.equal((await createPerson(t, site).open('/.postern/login')).status, 200)
    assert.equal((await createPerson(t, site).signIn('/.postern/login', ALICE.login)).status, 503)
    await assertClosed(t, site, alice, GRACE_MS + CLOSED_WITHIN_MS)
    await postgres.start()
    await until('the page is back', BACK_WITHIN_MS, async () => (await alice.open('/')).status === 200)
    assert.equal((await createPerson(t, site).signIn('/', ALICE.login)).status, 200)
    await until('changes are read', BACK_WITHIN_MS, () => site.postern.logs().includes('changes are read again'))
    // What was in memory is from before the server was started anew.
    assert.equal((await alice.open('/')).status, 200)
  })

  await t.test('while it hangs those who were in stay in for the grace, and are in again afterwards', async (t) => {
    postgres.signal('SIGSTOP')
    t.after(() => postgres.signal('SIGCONT'))
    await assertStaysIn(alice)
    await assertClosed(t, site, alice, GRACE_MS + CLOSED_WITHIN_MS)
    postgres.signal('SIGCONT')
    await until('the page is back', BACK_WITHIN_MS, async () => (await alice.open('/')).status === 200)
  })

  assert.equal(await site.postern.stop(), 0)
})

/** Closed to those who were in and to everybody else; what needs no gateway's memory may go on. */
async function assertClosed(
  t: TestContext,
  { app, ...site }: ProductionSite,
  person: Person,
  withinMs = CLOSED_WITHIN_MS,
): Promise<void> {
  await until('the page is closed', withinMs, async () => (await person.open('/')).status === 500)
  const seen = app.requests.length
  const forged = createPerson(t, site)
  const [known, ...others] = await Promise.all([
    person.open('/'),
    forged.open('/', { headers: { 'remote-user': 'root' } }),
    forged.open('/admin/', { headers: { cookie: '__Host-postern=forged' } }),
  ])
  assert.equal(known.status, 500)
  for (const { status } of others) assert.ok(status === 302 || status === 500, `${status}`)
  assert.equal(app.requests.length, seen)
}

async function assertStaysIn({ open }: Person): Promise<void> {
  const until = performance.now() + STAYED_IN_MS
  while (performance.now() < until) {
    assert.equal((await open('/')).status, 200)
    await delay(50)
  }
}

interface Answered {
  readonly status: number
  readonly answeredAt: number
}

/** Requests without a pause, one at a time each. A connection that breaks off rejects in the end. */
function useUntilStopped(
  readers: readonly Person[],
  signingIn: readonly Person[],
  origin: string,
): { stop: () => Promise<Answered[]> } {
  const stopping = new AbortController()
  const use = async (request: () => Promise<Reply>): Promise<Answered[]> => {
    const answers: Answered[] = []
    while (!stopping.signal.aborted) {
      const { status } = await request()
      answers.push({ status, answeredAt: performance.now() })
      if (status !== 200) await delay(20)
    }
    return answers
  }
  const users = Promise.all([
    ...readers.map((person) => use(() => person.open('/load'))),
    ...signingIn.map((person) => use(() => signInOnce(person, origin))),
  ])
  return {
    stop: async () => {
      stopping.abort()
      return (await users).flat()
    },
  }
}

function signInOnce({ visit }: Person, origin: string): Promise<Reply> {
  const body = Buffer.from(JSON.stringify({ username: ALICE.login, password: PASSWORD }))
  const headers = { 'content-type': 'application/json' }
  return visit(`${origin}/.postern/api/v2/auth/login`, { method: 'POST', headers, body })
}
