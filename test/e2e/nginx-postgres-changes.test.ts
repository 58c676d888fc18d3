import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { headerValues } from '../support/echo-app.ts'
import { ALICE, BOB, policyOf, startSite } from '../support/e2e.ts'
import { until } from '../support/until.ts'
import { createPerson, echoed, signedIn } from './person.ts'
import type { Person } from './person.ts'

/** What memory may answer at most, and how long a policy may take. */
const BOUND_MS = 2_000

test('commands beside a running server', { timeout: 120_000 }, async (t) => {
  const site = await startSite(t, { verify: 'unix' })

  await t.test('somebody who is disabled is out within 2 s, and in again once enabled', async (t) => {
    const alice = await signedIn(t, site, ALICE.login)
    await whileUsing(alice, () => site.command(['user', 'disable', ALICE.login]))
    await assertOutWithinBound(alice)
    assert.equal((await createPerson(t, site).signIn('/', ALICE.login)).status, 401)
    await site.command(['user', 'enable', ALICE.login])
    assert.equal((await alice.open('/')).status, 302)
    assert.equal((await alice.signIn('/', ALICE.login)).status, 200)
  })

  await t.test('sessions that are revoked end within 2 s, all of one person and none of others', async (t) => {
    const [alice, phone, bob] = await Promise.all([
      signedIn(t, site, ALICE.login),
      signedIn(t, site, ALICE.login),
      signedIn(t, site, BOB.login),
    ])
    await whileUsing(phone, () => site.command(['session', 'revoke', '--user', ALICE.login]))
    await Promise.all([assertOutWithinBound(alice), assertOutWithinBound(phone)])
    assert.equal((await bob.open('/')).status, 200)
  })

  await t.test('a new password ends what the old one opened', async (t) => {
    const bob = await signedIn(t, site, BOB.login)
    await whileUsing(bob, () =>
      site.command(['user', 'password', BOB.login, '--password-stdin'], 'another horse, another battery\n'),
    )
    await assertOutWithinBound(bob)
    assert.equal((await createPerson(t, site).signIn('/', BOB.login)).status, 401)
    assert.equal((await bob.signIn('/', BOB.login, 'another horse, another battery')).status, 200)
  })

  await t.test('new roles reach the app within 2 s and open what they open', async (t) => {
    const alice = await signedIn(t, site, ALICE.login)
    assert.equal((await alice.open('/admin/')).status, 403)
    await whileUsing(alice, () => site.command(['user', 'roles', ALICE.login, '--add', 'admin', '--remove', 'staff']))
    await until('the app is told of the new role', BOUND_MS, async () => (await groupsOf(alice)) === 'admin')
    assert.equal((await alice.open('/admin/')).status, 200)
    await site.command(['user', 'roles', ALICE.login, '--add', 'staff', '--remove', 'admin'])
    await until('the app is told of the old role', BOUND_MS, async () => (await groupsOf(alice)) === 'staff')
    assert.equal((await alice.open('/admin/')).status, 403)
  })

  await t.test('a policy is in force within 2 s, and one with a mistake never', async (t) => {
    const alice = await signedIn(t, site, ALICE.login)
    await site.applyPolicy(policyOf(site.origin, ['{ path: /closed/**, deny: true }']))
    await until('the new rule holds', BOUND_MS, async () => (await alice.open('/closed/a')).status === 403)
    assert.equal((await alice.open('/open')).status, 200)
    await assert.rejects(site.applyPolicy(policyOf(site.origin, ['{ path: /**, allow: everyone }'])))
    await delay(BOUND_MS)
    assert.equal((await alice.open('/closed/a')).status, 403)
    assert.equal((await createPerson(t, site).open('/open')).status, 302)
  })

  await t.test('who is deleted is out within 2 s', async (t) => {
    const alice = await signedIn(t, site, ALICE.login)
    await whileUsing(alice, () => site.command(['user', 'delete', ALICE.login]))
    await assertOutWithinBound(alice)
    assert.equal((await createPerson(t, site).signIn('/', ALICE.login)).status, 401)
  })
})

/** Keeps the server's memory warm, so that it has something to be wrong about. */
async function whileUsing(person: Person, change: () => Promise<unknown>): Promise<void> {
  const use = setInterval(() => void person.open('/').catch(() => undefined), 50)
  await change().finally(() => clearInterval(use))
}

async function assertOutWithinBound(person: Person): Promise<void> {
  await until('the visitor is out', BOUND_MS, async () => (await person.open('/')).status === 302)
  for (let request = 0; request < 5; request++) assert.equal((await person.open('/')).status, 302)
}

async function groupsOf(person: Person): Promise<string> {
  return headerValues(echoed(await person.open('/')).rawHeaders, 'remote-groups').join()
}
