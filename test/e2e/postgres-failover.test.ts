import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { openPostgres } from '../../src/store/postgres.ts'
import { statement } from '../../src/store/statement.ts'
import { ALICE, BOB, startSite } from '../support/e2e.ts'
import type { ProductionSite } from '../support/e2e.ts'
import { headerValues } from '../support/echo-app.ts'
import { IS_LONG } from '../support/long.ts'
import { administer, startPostgres, startStandby } from '../support/postgres.ts'
import type { PostgresServer } from '../support/postgres.ts'
import { until } from '../support/until.ts'
import { createPerson, echoed, signedIn } from './person.ts'
import type { Person } from './person.ts'

const DURABLE = ['synchronous_commit=remote_apply', 'wal_receiver_status_interval=1s']
const BOUND_MS = 2_000
const WITHIN_MS = 20_000
const READERS = 3
const countSessions = statement<[], { count: number }>('count', 'select count(*)::int as count from auth.sessions')

test('a standby takes over under load, and nobody is told wrong', { timeout: 120_000 }, async (t) => {
  const old = await startPostgres([...DURABLE, 'synchronous_standby_names=next'])
  t.after(() => old.close())
  const next = await startStandby(old, 'next', DURABLE)
  t.after(() => next.close())
  await administer(old.urlPrefix, 'create database postern template template0')
  const folders = [old, next].map(({ socketFolder }) => encodeURIComponent(socketFolder)).join()
  const databaseUrl = `postgresql://postgres@/postern?host=${folders}&connect_timeout=1`
  const env = { POSTERN_OUTAGE_GRACE: '30s', POSTERN_RATE_LIMITS: 'off' }
  const site = await startSite(t, { verify: 'unix', databaseUrl, env })
  const load = await startLoad(t, site)
  const ends = async (more: number): Promise<void> => {
    const before = load.counts().ended
    await until('sign-ins are ended', WITHIN_MS, () => load.counts().ended >= before + more)
  }
  await ends(1)
  const killedAt = performance.now()
  await old.kill()
  await administer(next.urlPrefix, 'select pg_promote(true, 30)')
  const promotedAt = performance.now()
  await until('somebody signs in', WITHIN_MS, async () => {
    return createPerson(t, site)
      .signIn('/', ALICE.login)
      .then(
        ({ status }) => status === 200,
        () => false,
      )
  })
  const [afterKill, afterPromotion] = [killedAt, promotedAt].map((at) => Math.round(performance.now() - at))
  await ends(2)

  const kept = await sessionsOf(next)
  await old.start()
  const left = await sessionsOf(old)
  await ends(1)
  await delay(BOUND_MS)
  const counts = await load.stop()
  t.diagnostic(
    `${counts.requests} requests, ${counts.failures} failures, ${counts.wrong.length} wrong answers; ` +
      `${counts.signedIn} signed in, ${counts.ended} ended by command; ` +
      `somebody signed in ${afterKill} ms after the kill, ${afterPromotion} ms after the promotion`,
  )
  assert.deepEqual(counts.wrong, [])
  assert.ok(counts.failures < counts.requests / 10, `${counts.failures} of ${counts.requests}`)
  // The old one beside it is nobody's any more.
  assert.equal(await sessionsOf(old), left)
  assert.ok((await sessionsOf(next)) > kept)
  assert.match(site.postern.logs(), /another database server came into use/)
  assert.equal(await site.postern.stop(), 0)
})

/** What an operator has to know who runs a standby that commits don't wait for; no test that it be so. */
test(
  'without synchronous replication what was ended last lives again',
  { timeout: 120_000, skip: !IS_LONG },
  async (t) => {
    const old = await startPostgres(['synchronous_commit=on'])
    t.after(() => old.close())
    await administer(old.urlPrefix, 'create database postern template template0')
    const next = await startStandby(old, 'next', ['synchronous_commit=on'])
    t.after(() => next.close())
    const folders = [old, next].map(({ socketFolder }) => encodeURIComponent(socketFolder)).join()
    const site = await startSite(t, { verify: 'unix', databaseUrl: `postgresql://postgres@/postern?host=${folders}` })
    const alice = await signedIn(t, site, ALICE.login)
    const revoke = (): Promise<string> => site.command(['session', 'revoke', '--user', ALICE.login])
    const isIn = async (): Promise<boolean> => (await alice.open('/')).status === 200
    await until('the standby has the sign-in', WITHIN_MS, async () => (await sessionsOf(next)) === 1)
    await next.stop()
    await revoke()
    await until('she is out', WITHIN_MS, async () => !(await isIn()))
    await old.kill()
    await next.start()
    await administer(next.urlPrefix, 'select pg_promote(true, 30)')
    await until('she is in again', WITHIN_MS, isIn)
    await revoke()
    await until('she is out for good', WITHIN_MS, async () => !(await isIn()))
    t.diagnostic('a revocation that the standby had not got when the primary was lost was undone by the promotion')
  },
)

interface Counts {
  readonly requests: number
  /** Answers that are none: 5xx. */
  readonly failures: number
  readonly wrong: readonly string[]
  readonly signedIn: number
  readonly ended: number
}

interface Load {
  counts(): Counts
  stop(): Promise<Counts>
}

/** Some stay signed in and open pages without end; others sign in, and a command ends all that they have. */
async function startLoad(t: TestContext, site: ProductionSite): Promise<Load> {
  const stopping = new AbortController()
  const counts = { requests: 0, failures: 0, wrong: [] as string[], signedIn: 0, ended: 0 }
  const known: Person[] = []
  const over: { readonly person: Person; readonly at: number }[] = []
  for (let index = 0; index < READERS; index++) known.push(await signedIn(t, site, ALICE.login))

  const open = async (person: Person, login: string | null): Promise<void> => {
    const { status, text } = await person.open('/')
    counts.requests++
    if (status >= 500) counts.failures++
    else if (login === null && status === 200) counts.wrong.push(`in after the end: ${text}`)
    else if (login !== null && status !== 200) counts.wrong.push(`${login} refused with ${status}`)
    else if (login !== null && !isFor(text, login)) counts.wrong.push(`not ${login}: ${text}`)
  }
  const reader = async (index: number): Promise<void> => {
    for (let turn = index; !stopping.signal.aborted; turn++) {
      const person = known[turn % known.length]
      if (person !== undefined) await open(person, ALICE.login)
      const ended = over[turn % (over.length + 1)]
      if (ended !== undefined && performance.now() - ended.at > BOUND_MS) await open(ended.person, null)
      await delay(5)
    }
  }
  const ender = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const person = createPerson(t, site)
      const isIn = await person.signIn('/', BOB.login).then(
        ({ status }) => status === 200,
        () => false,
      )
      if (!isIn) continue
      counts.signedIn++
      const isEnded = await site.command(['session', 'revoke', '--user', BOB.login]).then(
        () => true,
        () => false,
      )
      if (!isEnded) continue
      over.push({ person, at: performance.now() })
      counts.ended++
    }
  }
  const joiner = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const person = createPerson(t, site)
      const isIn = await person.signIn('/', ALICE.login).then(
        ({ status }) => status === 200,
        () => false,
      )
      if (isIn) counts.signedIn++
      if (isIn) known.push(person)
      await delay(400)
    }
  }
  const busy = Promise.all([...Array.from({ length: READERS }, (_, index) => reader(index)), ender(), joiner()])
  return {
    counts: () => counts,
    async stop() {
      stopping.abort()
      await busy
      return counts
    },
  }
}

function isFor(text: string, login: string): boolean {
  const { rawHeaders } = echoed({ status: 200, text } as Parameters<typeof echoed>[0])
  return headerValues(rawHeaders, 'remote-user').join() === login
}

async function sessionsOf({ urlPrefix }: PostgresServer): Promise<number> {
  const database = openPostgres({ url: `${urlPrefix}postern`, poolSize: 1, wanted: 'any' })
  try {
    const [row] = await database.query(countSessions)
    return row?.count ?? 0
  } finally {
    await database.close()
  }
}
