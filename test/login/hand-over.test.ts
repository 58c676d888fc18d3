import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { PRUNE_ONE_TIME_TOKENS } from '../../src/credentials/one-time-tokens-table.ts'
import { statement } from '../../src/store/statement.ts'
import { suiteCleanup } from '../support/app.ts'
import { APP_COOKIE, assertRefused, codeUrl, startOf, STATE } from './hand-over-steps.ts'
import { APP, openDomains, PORTAL, WIKI } from './traveller.ts'
import type { Domains, Traveller } from './traveller.ts'

const AGE_CODES = statement<[]>(
  'age_codes',
  `update auth.one_time_tokens set expires_at = now() - interval '1 millisecond'`,
)
const CODE_LIVES = statement<[], { seconds: number }>(
  'code_lives',
  `select extract(epoch from expires_at - created_at)::float8 as seconds from auth.one_time_tokens`,
)
const COUNT_CODES = statement<[], { count: number }>(
  'count_codes',
  `select count(*)::int as count from auth.one_time_tokens`,
)
const END_ALL = statement<[]>(
  'end_all',
  `update auth.sessions set ended_at = now(), end_reason = 'revoked' where ended_at is null`,
)

suite('a hand-over code', () => {
  const cleanup = suiteCleanup()
  let domains: Domains
  before(async () => {
    domains = await openDomains(cleanup)
  })

  const waiting = async (): Promise<{ browser: Traveller; url: string; code: string }> => {
    const browser = domains.travel()
    const url = await codeUrl(browser, await startOf(browser, `${APP}/page`))
    return { browser, url, code: new URL(url).searchParams.get('code') ?? '' }
  }

  test('works once', async () => {
    const { browser, url } = await waiting()
    const state = browser.cookie(APP, STATE) ?? ''
    assert.equal((await browser.open(url)).status, 302)
    const again = domains.travel()
    again.jar.store(new URL(APP), [`${STATE}=${state}; Path=/; Secure`])
    await assertRefused(domains, again, url)
    const home = await browser.open(url)
    assert.deepEqual([home.headers['location'], home.setCookie], ['/', []])
  })

  test('lives 30 s', async () => {
    const { browser, url } = await waiting()
    assert.equal((await domains.database.query(CODE_LIVES)).at(-1)?.seconds, 30)
    await domains.database.query(AGE_CODES)
    await assertRefused(domains, browser, url)
  })

  test('SESS-02: planted in another browser it gives nothing, with or without a state of that one', async () => {
    const { url } = await waiting()
    const victim = domains.travel()
    await assertRefused(domains, victim, url)
    await startOf(victim, `${APP}/`)
    await assertRefused(domains, victim, url)
    assert.equal((await victim.open(`${APP}/`)).status, 302)
  })

  test('shown with another state it is used up', async () => {
    const { browser, url } = await waiting()
    const thief = domains.travel()
    await startOf(thief, `${APP}/`)
    await assertRefused(domains, thief, url)
    await assertRefused(domains, browser, url)
  })

  test('works on no other host', async () => {
    const { browser, code } = await waiting()
    browser.jar.store(new URL(WIKI), [`${STATE}=${browser.cookie(APP, STATE)}; Path=/; Secure`])
    await assertRefused(domains, browser, `${WIKI}/.postern/callback?code=${code}`)
    await assertRefused(domains, browser, `${APP}/.postern/callback?code=${code}`)
    assert.equal((await browser.open(`${PORTAL}/.postern/callback?code=${code}`)).status, 404)
  })

  test('COOK-13, COOK-14: is nothing but a code, and nothing else is one', async () => {
    const { browser, code } = await waiting()
    const tokens = [browser.cookie(PORTAL, '__Host-postern') ?? '', browser.cookie(APP, STATE) ?? '']
    const others = [...tokens, '', code.slice(1), `${code}x`, code.replace('ph1', 'pa1'), code.replace('ph1', 'pi1')]
    for (const other of others) await assertRefused(domains, browser, `${APP}/.postern/callback?code=${other}`)
    await assertRefused(domains, browser, `${APP}/.postern/callback?code=${code}&code=${code}`)
    await assertRefused(domains, browser, `${APP}/.postern/callback`)
    for (const name of [APP_COOKIE, '__Host-postern'])
      assert.equal(await domains.verdict(`${APP}/`, `${name}=${code}`), '302')
    assert.equal((await browser.open(`${PORTAL}/invite/${code}`)).status, 410)
    assert.equal((await browser.open(`${APP}/.postern/callback?code=${code}`)).status, 302)
  })

  test('needs a state cookie that is one: doubled, cut or foreign ones are none', async () => {
    const { browser, url } = await waiting()
    const state = browser.cookie(APP, STATE) ?? ''
    const headers = [
      `${STATE}=${state}; ${STATE}=${state}`,
      `${STATE}=${state.slice(1)}`,
      `${STATE}=`,
      `postern_state=${state}`,
    ]
    for (const cookie of headers) {
      const answer = await domains.travel().open(url, 0, { cookie })
      assert.deepEqual([answer.status, answer.setCookie], [403, []], cookie)
    }
    assert.equal((await browser.open(url)).status, 302)
  })

  test('dies with the sign-in that asked for it', async (t) => {
    const own = await openDomains(t)
    const browser = own.travel()
    const url = await codeUrl(browser, await startOf(browser, `${APP}/`))
    await own.database.query(END_ALL)
    await assertRefused(own, browser, url)
  })

  test('is one of at most sixteen that a sign-in has: older ones go, and nobody else loses any', async (t) => {
    const own = await openDomains(t)
    const count = async (): Promise<number | undefined> => (await own.database.query(COUNT_CODES))[0]?.count
    const other = own.travel()
    const others = await codeUrl(other, await startOf(other, `${APP}/`))
    const browser = own.travel()
    const start = await startOf(browser, `${APP}/`)
    await browser.signIn(`${PORTAL}/login`)
    const urls: string[] = []
    for (let made = 0; made < 40; made++)
      urls.push((await browser.open(start.headers['location'] ?? '')).headers['location'] ?? '')
    assert.equal(await count(), 17)
    await assertRefused(own, browser, urls[40 - 17] ?? '')
    assert.equal((await browser.open(urls[40 - 16] ?? '')).status, 302)
    assert.equal((await other.open(others)).status, 302)
    await own.database.query(AGE_CODES)
    await own.database.query(PRUNE_ONE_TIME_TOKENS, 0)
    assert.equal(await count(), 0)
  })

  test('RACE-06: of sixteen at once exactly one gets a session', async () => {
    for (let round = 0; round < 10; round++) {
      const { browser, url } = await waiting()
      const cookie = `${STATE}=${browser.cookie(APP, STATE)}`
      const answers = await Promise.all(Array.from({ length: 16 }, () => domains.travel().open(url, 0, { cookie })))
      const won = answers.filter(({ setCookie }) => setCookie.some((line) => line.startsWith(`${APP_COOKIE}=pa1`)))
      assert.equal(won.length, 1)
      assert.equal(answers.filter(({ status }) => status === 403).length, 15)
    }
  })

  test('a browser that keeps no cookies gets a page with a way on, not a loop', async () => {
    const { url } = await waiting()
    const bare = await domains.travel().open(url)
    assert.deepEqual([bare.status, bare.headers['location'], bare.setCookie], [403, undefined, []])
    assert.match(bare.text, /<a class="button" href="\/\.postern\/start">/)
    assert.match(bare.text, /href="\/\.postern\/assets\/postern-/)
  })
})
