import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { confirmTotp } from '../../src/account/factor-changes.ts'
import { runOrder } from '../../src/commands/registry.ts'
import { codeNow } from '../account/factor-visitor.ts'
import { PASSWORD, suiteCleanup, usePolicy } from '../support/app.ts'
import { openListener, verdictOf } from './ask.ts'
import type { Listener } from './ask.ts'
import { basic, MACHINE_POLICY } from './machine.ts'

suite('a password by Basic that memory knows', { timeout: 60_000 }, () => {
  const cleanup = suiteCleanup()
  let listener: Listener
  before(async () => {
    listener = await openListener(cleanup)
    await usePolicy(listener.context, MACHINE_POLICY)
    for (const login of ['erin', 'gina']) await listener.addUser(login)
  })

  /** Memory is believed only after a look at what has changed. */
  const verdict = async (login: string): Promise<string> => {
    await listener.context.feed.read()
    const asked = { host: 'old.example.com', url: '/verify/nginx/app/old', more: [basic(login, PASSWORD)] }
    return verdictOf(await listener.ask(asked))
  }

  test('is no longer enough once its owner has added a factor', async () => {
    const { context, database } = listener
    const principal = await context.sessions.whoHas(await listener.token('gina'), null)
    assert.ok(principal !== null)
    assert.equal(await verdict('gina'), 'allow(gina)')
    const code = codeNow(await context.ownFactors.beginTotp(database, principal.userId))
    const owner = { principal, address: '192.0.2.1', userAgent: '' }
    assert.equal((await confirmTotp(context, owner, { name: 'Phone', code })).kind, 'added')
    assert.equal(await verdict('gina'), 'sign_in')
  })

  test('is no longer taken once an operator wants another one chosen', async () => {
    assert.equal(await verdict('erin'), 'allow(erin)')
    const order = { command: 'user password', given: { login: 'erin', mustChange: true } }
    assert.ok('result' in (await runOrder(listener.context, order)))
    assert.equal(await verdict('erin'), 'sign_in')
  })
})
