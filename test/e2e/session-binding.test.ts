import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { ALICE, PASSWORD, startSite } from '../support/e2e.ts'
import type { ProductionSite, SiteOptions } from '../support/e2e.ts'
import { statement } from '../../src/store/statement.ts'
import { openEmptyDatabase } from '../support/database.ts'
import { hiddenFields } from '../support/form.ts'
import type { Reply } from '../support/http.ts'
import { until } from '../support/until.ts'
import { createPerson } from './person.ts'
import type { Person } from './person.ts'
import { IS_LONG } from '../support/long.ts'

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0'
const HOME = { 'user-agent': FIREFOX, 'x-forwarded-for': '198.51.100.7' }
const TRAIN = { ...HOME, 'x-forwarded-for': '203.0.113.66' }
const UPDATED = { ...HOME, 'user-agent': FIREFOX.replaceAll('145', '146') }
const THIEF = { 'user-agent': 'python-requests/2.32', 'x-forwarded-for': '192.0.2.99' }
/** A load balancer in front of nginx, whose word on the visitor's address counts. */
const BEHIND_ANOTHER = 'set_real_ip_from 127.0.0.0/8;\nreal_ip_header X-Forwarded-For;\n'

const EVENTS = statement<[], { type: string }>(
  'events',
  `select event_type as type from auth.auth_audit_log where event_type = 'session_moved'`,
)
const MAILS = statement<[], { kind: string }>('mails', `select kind from auth.mail_outbox where kind like 'session%'`)

const MODES = [
  { mode: 'strict', verify: 'unix', lane: 'auto', elsewhere: 302, told: ['session_moved_ended'] },
  { mode: 'notify', verify: 'tcp', lane: 'off', elsewhere: 200, told: ['session_moved'] },
  { mode: 'off', verify: 'unix', lane: 'off', elsewhere: 200, told: [] },
] as const

for (const { mode, verify, lane, elsewhere, told } of IS_LONG ? MODES : MODES.slice(0, 2)) {
  test(
    `a cookie that was copied from a browser, binding ${mode}, express lane ${lane}`,
    { timeout: 60_000 },
    async (t) => {
      const { site, asked } = await openSite(t, {
        verify,
        env: { POSTERN_SESSION_BINDING: mode, POSTERN_EXPRESS_LANE: lane },
      })
      const alice = createPerson(t, site)
      assert.equal((await signInAtHome(alice, site)).status, 200)
      for (const headers of [HOME, TRAIN, UPDATED]) assert.equal((await alice.open('/', { headers })).status, 200)
      assert.equal((await alice.open('/', { headers: THIEF })).status, elsewhere)
      assert.equal((await alice.open('/.postern/account/sessions', { headers: THIEF })).status, elsewhere)
      await until('it is told of', 10_000, async () => (await asked(MAILS)).length === told.length)
      assert.deepEqual(
        (await asked(MAILS)).map(({ kind }) => kind),
        told,
      )
      assert.equal((await asked(EVENTS)).length, told.length)
      if (mode === 'strict')
        await until(
          'the owner is out too',
          10_000,
          async () => (await alice.open('/', { headers: HOME })).status === 302,
        )
      else assert.equal((await alice.open('/', { headers: HOME })).status, 200)
    },
  )
}

interface Opened {
  readonly site: ProductionSite
  readonly asked: <Row>(question: ReturnType<typeof statement<[], Row>>) => Promise<Row[]>
}

async function openSite(t: TestContext, options: Pick<SiteOptions, 'verify' | 'env'>): Promise<Opened> {
  const { url: databaseUrl, database } = await openEmptyDatabase(t)
  const edit = (siteConf: string): string => BEHIND_ANOTHER + siteConf
  const site = await startSite(t, { ...options, databaseUrl, edit })
  return { site, asked: (question) => database.query(question) }
}

async function signInAtHome(person: Person, { origin }: ProductionSite): Promise<Reply> {
  const form = await person.open('/', { headers: HOME, redirects: 5 })
  const body = { ...hiddenFields(form.text, '/.postern/login'), username: ALICE.login, password: PASSWORD }
  return person.open('/.postern/login', { method: 'POST', body, headers: { ...HOME, origin }, redirects: 5 })
}
