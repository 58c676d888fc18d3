import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { grantRole } from '../../src/administration/grants.ts'
import { totpCode } from '../../src/credentials/totp-code.ts'
import type { Principal } from '../../src/lib/principal.ts'
import type { Reservation } from '../../src/limits/attempts.ts'
import { statement } from '../../src/store/statement.ts'
import { disableUser, getUser, setMustChangePassword, setPassword } from '../../src/users/users.ts'
import { createBasicPasswords } from '../../src/verify/basic-passwords.ts'
import type { BasicPasswords, BasicPasswordsParts, BasicRead } from '../../src/verify/basic-passwords.ts'
import { PASSWORD, suiteCleanup, usePolicy } from '../support/app.ts'
import { openListener, verdictOf } from './ask.ts'
import type { Asked, Listener } from './ask.ts'
import { basic, MACHINE_POLICY } from './machine.ts'

const SEAL = statement<[login: string]>('seal', `update auth.users set break_glass = true where login = $1`)
const FAILURES = statement<[], { count: number }>(
  'failures',
  `select count(*)::int as count from auth.auth_audit_log where result = 'failure' and details->>'factor' = 'basic'`,
)
const OLD: Asked = { host: 'old.example.com', url: '/verify/nginx/app/old' }
const ADDRESS = '192.0.2.1'
const STOPPED = { principal: null, tier: 'none', denial: 'too_many_attempts' }

suite('a password by Basic', { timeout: 60_000 }, () => {
  const cleanup = suiteCleanup()
  let listener: Listener
  before(async () => {
    listener = await openListener(cleanup)
    await usePolicy(listener.context, MACHINE_POLICY)
    for (const login of ['carol', 'dave', 'erin', 'frank', 'grace', 'heidi', 'ivan']) await listener.addUser(login)
    await listener.addUser('root', { roles: ['admin'] })
  })

  const verdict = async (login: string, password: string, asked: Asked = OLD): Promise<string> =>
    verdictOf(await listener.ask({ ...asked, more: [basic(login, password)] }))
  const reason = (): unknown => listener.logs().findLast(({ reason: found }) => found !== undefined)?.['reason']

  test('is taken where an app allows it, and is the app’s own elsewhere', async () => {
    assert.equal(await verdict('carol', PASSWORD), 'allow(carol)')
    assert.equal(await verdict('CAROL', PASSWORD), 'allow(carol)')
    for (const login of ['carol', 'nobody', '', 'carol@example.com'])
      assert.equal(await verdict(login, `${PASSWORD}x`), 'sign_in', login)
    assert.equal(await verdict('carol@example.com', PASSWORD), 'sign_in', 'an app that reads it sees a login')
    assert.equal(await verdict('carol', PASSWORD, {}), 'sign_in')
    assert.equal(await verdict('carol', PASSWORD, { host: 'git.example.com', url: '/verify/nginx/app/git' }), 'sign_in')
    assert.equal(await verdict('carol', PASSWORD, { ...OLD, uri: '/public/x' }), 'anon')
    const told = await listener.ask(OLD)
    assert.equal(told.header('www-authenticate'), 'Basic realm="old", charset="UTF-8"')
  })

  test('is not enough where more is asked for, and is never asked again then', async () => {
    assert.equal(await verdict('carol', PASSWORD, { ...OLD, uri: '/two/' }), 'no')
    assert.equal(reason(), 'needs_sign_in')
    assert.equal(await verdict('carol', PASSWORD, { ...OLD, uri: '/admin/' }), 'no')
    assert.equal(reason(), 'missing_role')
  })

  test('is refused for those who are to be asked for more than a password', async () => {
    const { context, database } = listener
    await context.feed.commit(database, (tx) => disableUser(tx, 'dave'))
    await database.transaction((tx) => setMustChangePassword(tx, 'erin', true))
    await database.query(SEAL, 'frank')
    const { id } = await getUser(database, 'grace')
    const code = totpCode(await context.ownFactors.beginTotp(database, id), Math.floor(Date.now() / 30_000))
    await context.ownFactors.confirmTotp(database, { userId: id, name: 'phone', code, nowMs: Date.now() })
    for (const login of ['dave', 'erin', 'frank', 'grace', 'root'])
      assert.equal(await verdict(login, PASSWORD), 'sign_in', login)
  })

  test('GRANT-06: is taken with a role for a while until that ends, and not for a moment longer', async () => {
    const { context } = listener
    await listener.addUser('gwen')
    const until = new Date(Date.now() + 1_500)
    await grantRole(context, null, { login: 'gwen', role: 'user', until, reason: 'test' })
    const rolesOfGwen = async (): Promise<readonly string[]> => {
      const found = await context.gatewayParts.machines.find(
        { kind: 'password', login: 'gwen', password: PASSWORD },
        ADDRESS,
      )
      return (found !== null && 'tier' in found ? found.principal : found)?.roles ?? []
    }
    let yes = 0
    for (;;) {
      await context.feed.read()
      const askedAt = Date.now()
      if (!(await rolesOfGwen()).includes('user')) break
      yes++
      assert.ok(askedAt < until.getTime(), 'too late')
    }
    assert.ok(yes > 0 && Date.now() >= until.getTime())
  })

  test('counts at once when it changes, and no longer when it did', async () => {
    const { context, database } = listener
    assert.equal(await verdict('heidi', PASSWORD), 'allow(heidi)')
    const changed = await context.passwords.hash('another long password')
    await context.feed.commit(database, (tx) => setPassword(tx, 'heidi', changed))
    assert.equal(await verdict('heidi', PASSWORD), 'sign_in')
    assert.equal(await verdict('heidi', 'another long password'), 'allow(heidi)')
  })

  test('LOGIN-22: is guessed at no faster than at the sign-in page, with its owner in memory', async () => {
    const { feed, outage } = listener.context
    const from = async (address: string, password: string): Promise<string> => {
      await feed.read()
      assert.equal(outage.mayUseMemory(), true)
      return verdict('ivan', password, { ...OLD, address })
    }
    assert.equal(await from('203.0.113.200', PASSWORD), 'allow(ivan)')
    const verdicts: string[] = []
    for (let guess = 0; guess < 12 && verdicts.at(-1) !== 'no'; guess++)
      verdicts.push(await from('198.51.100.77', `guess ${guess}`))
    assert.equal(verdicts.at(-1), 'no')
    assert.equal(reason(), 'too_many_attempts')
    assert.equal(await from('198.51.100.77', PASSWORD), 'no')
    assert.equal(await from('203.0.113.200', PASSWORD), 'allow(ivan)')
  })

  interface Counted {
    readonly basics: BasicPasswords
    readonly checks: () => number
    readonly clock: { now: number }
    readonly attempts: { reserved: number; back: number; answer: 'go' | 'stopped' }
  }

  /** As the program builds it, counting what it checks. */
  function counted(parts: Partial<BasicPasswordsParts> = {}): Counted {
    const { database, passwords, factors, policies, feed, metrics, events, log } = listener.context
    const clock = { now: 0 }
    const attempts: Counted['attempts'] = { reserved: 0, back: 0, answer: 'go' }
    let checks = 0
    const reserve = async (): Promise<Reservation> => {
      attempts.reserved++
      if (attempts.answer === 'stopped') return { kind: 'stopped', retryAfterS: 1, until: 'time' }
      const back = async (): Promise<void> => void attempts.back++
      const seen = { failuresBefore: 0, peopleFromNetwork: 0 }
      return { kind: 'go', delayMs: 0, seen, succeeded: back, notChecked: back }
    }
    const basics = createBasicPasswords({
      database,
      factors,
      feed,
      outage: { mayUseMemory: () => true, unreachable: false },
      metrics,
      events,
      log,
      passwords: {
        isFull: false,
        verify: (stored, password) => (checks++, passwords.verify(stored, password)),
      },
      attempts: { reserve },
      policy: () => policies.current(),
      now: () => clock.now,
      ...parts,
    })
    return { basics, checks: () => checks, clock, attempts }
  }

  const loginOf = (found: Principal | null | BasicRead): string | null =>
    found === null ? null : 'tier' in found ? (found.principal?.login ?? null) : found.login

  test('is checked once in 30 s, by one of all who ask at once', async () => {
    const { basics, checks, clock } = counted()
    const given = { login: 'carol', password: PASSWORD }
    const all = await Promise.all(Array.from({ length: 32 }, async () => basics.find(given, ADDRESS)))
    assert.deepEqual(new Set(all.map(loginOf)), new Set(['carol']))
    assert.equal(checks(), 1)
    clock.now = 30_000
    assert.equal(basics.find(given, ADDRESS) instanceof Promise, false)
    clock.now = 30_001
    assert.equal(loginOf(await basics.find(given, ADDRESS)), 'carol')
    assert.equal(checks(), 2)
    basics.dropAll()
    await basics.find(given, ADDRESS)
    assert.equal(checks(), 3)
  })

  test('a wrong one is counted once, however often a client sends it', async () => {
    const { basics, checks, attempts } = counted()
    const [{ count: before } = { count: 0 }] = await listener.database.query(FAILURES)
    const given = { login: 'carol', password: 'wrong' }
    const ask = async (): Promise<Principal | null | BasicRead> => basics.find(given, ADDRESS)
    await Promise.all(Array.from({ length: 16 }, ask))
    assert.equal(await basics.find(given, ADDRESS), null)
    assert.deepEqual([checks(), attempts.reserved, attempts.back], [1, 1, 0])
    const [{ count: after } = { count: 0 }] = await listener.database.query(FAILURES)
    assert.equal(after - before, 1)
  })

  test('LOGIN-22: who is stopped gets no yes from memory, not even from what this network proved before', async () => {
    const { basics, attempts } = counted()
    const right = { login: 'carol', password: PASSWORD }
    const found = async (address: string): Promise<string | null> => loginOf(await basics.find(right, address))
    const elsewhere = '2001:db8::1'
    assert.deepEqual([await found(ADDRESS), await found(elsewhere)], ['carol', 'carol'])
    attempts.answer = 'stopped'
    assert.deepEqual([await found(ADDRESS), await found('192.0.2.2')], ['carol', null])
    assert.deepEqual(await basics.find({ ...right, password: 'a guess' }, ADDRESS), STOPPED)
    assert.deepEqual([await found(ADDRESS), await found('2001:db8::2')], [null, 'carol'])
  })

  test('a line that is full takes nothing from memory', async () => {
    const { passwords: real } = listener.context
    const passwords = { isFull: false, verify: real.verify.bind(real) }
    const { basics } = counted({ passwords })
    const given = { login: 'carol', password: PASSWORD }
    await basics.find(given, ADDRESS)
    passwords.isFull = true
    assert.deepEqual(await basics.find({ ...given, password: 'another' }, ADDRESS), STOPPED)
    assert.equal(loginOf(await basics.find(given, ADDRESS)), 'carol')
  })

  test('is not looked at where the counts say no, or too many wait', async () => {
    const stoppedByCount = counted()
    stoppedByCount.attempts.answer = 'stopped'
    const given = { login: 'carol', password: PASSWORD }
    assert.deepEqual(await stoppedByCount.basics.find(given, ADDRESS), STOPPED)
    assert.equal(stoppedByCount.checks(), 0)
    const full = counted({ passwords: { isFull: true, verify: async () => null } })
    const read = await full.basics.find(given, ADDRESS)
    assert.ok(read !== null && 'tier' in read)
    assert.equal(read.denial, 'too_many_attempts')
    assert.equal(full.attempts.reserved, 0)
  })

  test('nobody gets in who changed while being checked', async () => {
    const { context, database } = listener
    const { basics } = counted({
      passwords: {
        isFull: false,
        async verify() {
          await context.feed.commit(database, (tx) => disableUser(tx, 'carol'))
          return { upgrade: null }
        },
      },
    })
    const read = await basics.find({ login: 'carol', password: PASSWORD }, ADDRESS)
    assert.ok(read !== null && 'tier' in read)
    assert.equal(read.principal, null)
  })
})
