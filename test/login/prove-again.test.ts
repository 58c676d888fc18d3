import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { recordChange } from '../../src/store/changes.ts'
import { statement } from '../../src/store/statement.ts'
import { suiteCleanup } from '../support/app.ts'
import { openDomains, PORTAL } from './traveller.ts'
import type { Domains, Traveller } from './traveller.ts'

const POLICY = [
  'version: 1',
  'apps:',
  '  - name: app',
  '    hosts: [app.example.com]',
  '    rules: [{ path: /vault/**, require: { max_auth_age: 15m } }, { path: /safe/**, require: { factors: 2 } }, { require: {} }]',
  '  - { name: portal, hosts: [auth.example.com], rules: [] }',
  '',
].join('\n')

const VAULT = 'https://app.example.com/vault/x?y=1'

const AGE = statement<[], { session_id: string }>(
  'age',
  `update auth.session_tokens set factors = jsonb_build_object('password', (factors ->> 'password')::bigint - 3600000)
   returning session_id`,
)

suite('a rule that wants it proven anew who somebody is', () => {
  const cleanup = suiteCleanup()

  test('lets in whoever has just signed in', async () => {
    const { traveller } = await signedIn()
    assert.equal((await traveller.open(VAULT)).user, 'alice')
  })

  test('shows whoever signed in too long ago the form, with the login in it, and then exactly the page', async () => {
    const { domains, traveller } = await signedIn()
    await anHourPasses(domains)
    const form = await traveller.open(VAULT, 8)
    assert.ok(form.url.startsWith(`${PORTAL}/login?rd=`), form.url)
    assert.equal(form.status, 200)
    assert.match(form.text, /name="username"[^>]*value="alice"/)
    const end = await traveller.signIn(VAULT)
    assert.deepEqual([end.url, end.user], [VAULT, 'alice'])
  })

  /** The row of the token says so, and memory is told of the change. */
  async function anHourPasses({ context, database }: Domains): Promise<void> {
    await context.feed.commit(database, async (tx) => {
      const rows = await tx.query(AGE)
      for (const { session_id: session } of rows) await recordChange(tx, { session })
    })
  }

  async function signedIn(): Promise<{ domains: Domains; traveller: Traveller }> {
    const domains = await openDomains(cleanup, { policy: POLICY })
    const traveller = domains.travel()
    await traveller.signIn('https://app.example.com/')
    return { domains, traveller }
  }
})
