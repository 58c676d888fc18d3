import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import type { SecondProof } from '../../src/login/prove-factor.ts'
import { completeSignIn } from '../../src/login/second-factor.ts'
import type { SecondFactorOutcome } from '../../src/login/second-factor.ts'
import { stepUp } from '../../src/login/step-up.ts'
import { suiteCleanup } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { openPortal } from './browser.ts'
import { addAuthenticator, addRecoveryCodes, userIdOf } from './own-factors.ts'

const AT_ONCE = 32
const VISIT = { userAgent: 'test', deviceHash: null, previous: null }
const NO_RISK = { score: 0, reasons: [] }

suite('of many at once exactly one wins', () => {
  const cleanup = suiteCleanup()
  let app: TestApp
  before(async () => {
    app = await openPortal(cleanup)
  })

  test('MFA-04: with one code over as many half-done sign-ins', async () => {
    const { code } = await person('totp')
    const tokens = await Promise.all(Array.from({ length: AT_ONCE }, () => pendingOf('totp')))
    const outcomes = await Promise.all(
      tokens.map((token, place) => prove(token, place, { kind: 'totp', code: code() })),
    )
    assert.deepEqual(counted(outcomes), { signed_in: 1, wrong: AT_ONCE - 1 })
  })

  test('MFA-13: with one recovery code over as many half-done sign-ins', async () => {
    const { recovery } = await person('codes')
    const [one = ''] = recovery
    const tokens = await Promise.all(Array.from({ length: AT_ONCE }, () => pendingOf('codes')))
    const outcomes = await Promise.all(
      tokens.map((token, place) => prove(token, place, { kind: 'recovery', code: one })),
    )
    assert.deepEqual(counted(outcomes), { signed_in: 1, wrong: AT_ONCE - 1 })
  })

  test('with different recovery codes on one half-done sign-in, and the other codes stay', async () => {
    const { recovery } = await person('pending')
    const token = await pendingOf('pending')
    const outcomes = await Promise.all(
      Array.from({ length: AT_ONCE }, (_, place) =>
        prove(token, place, { kind: 'recovery', code: recovery[place % recovery.length] ?? '' }),
      ),
    )
    assert.deepEqual(counted(outcomes), { signed_in: 1, expired: AT_ONCE - 1 })
    const userId = await userIdOf(app, 'pending')
    assert.equal((await app.context.ownFactors.count(app.database, userId)).recovery, recovery.length - 1)
  })

  test('with wrong codes on one half-done sign-in no more than eight are looked at', async () => {
    await person('guessed')
    const token = await pendingOf('guessed')
    const outcomes = await Promise.all(
      Array.from({ length: AT_ONCE }, (_, place) => prove(token, place, { kind: 'totp', code: '000000' })),
    )
    assert.deepEqual(counted(outcomes), { wrong: 8, expired: AT_ONCE - 8 })
  })

  test('with one code over as many step-ups', async () => {
    const { code } = await person('climber')
    const outcomes = await Promise.all(
      Array.from({ length: AT_ONCE }, async (_, place) => {
        const token = await app.token('climber')
        const principal = await app.context.sessions.whoHas(token, null)
        assert.ok(principal !== null)
        const proof = { kind: 'totp', code: code() } as const
        return stepUp(app.context.portalParts, { principal, token }, { visit: visitFrom(place), proof })
      }),
    )
    assert.deepEqual(counted(outcomes), { raised: 1, wrong: AT_ONCE - 1 })
  })

  test('with one token over as many step-ups of one sign-in', async () => {
    const { recovery } = await person('twice')
    const token = await app.token('twice')
    const principal = await app.context.sessions.whoHas(token, null)
    assert.ok(principal !== null)
    const outcomes = await Promise.all(
      recovery.map((code, place) =>
        stepUp(
          app.context.portalParts,
          { principal, token },
          { visit: visitFrom(place), proof: { kind: 'recovery', code } },
        ),
      ),
    )
    const raised = outcomes.flatMap((outcome) => (outcome.kind === 'raised' ? [outcome.session.token] : []))
    assert.equal(raised.length, 1)
    const userId = await userIdOf(app, 'twice')
    assert.equal((await app.context.ownFactors.count(app.database, userId)).recovery, recovery.length - 1)
    const alive = await Promise.all(raised.map((each) => app.context.sessions.whoHas(each, null)))
    assert.equal(alive.filter((each) => each !== null).length, 1)
  })

  async function person(login: string): Promise<{ code: () => string; recovery: readonly string[] }> {
    await app.addUser(login)
    const { code } = await addAuthenticator(app, login)
    return { code: () => code(), recovery: await addRecoveryCodes(app, login) }
  }

  async function pendingOf(login: string): Promise<string> {
    const userId = await userIdOf(app, login)
    const about = { userId, login, sessionEpoch: 0, factors: { password: 0 }, remember: false, address: null }
    return app.context.portalParts.pending.open(app.database, { ...about, next: 'second_factor', risk: NO_RISK })
  }

  function prove(token: string, place: number, proof: SecondProof): Promise<SecondFactorOutcome> {
    return completeSignIn(app.context.portalParts, token, { visit: visitFrom(place), proof, trusts: false })
  }
})

/** Each from a network of its own, so that the counting of attempts stops none of them. */
function visitFrom(place: number): typeof VISIT & { address: string } {
  return { ...VISIT, address: `198.51.${place}.1` }
}

function counted(outcomes: readonly { readonly kind: string }[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { kind } of outcomes) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}
