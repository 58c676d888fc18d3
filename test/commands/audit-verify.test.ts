import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { before, suite, test } from 'node:test'
import { createChainSigner } from '../../src/audit/chain-keys.ts'
import { headMessage } from '../../src/audit/chain.ts'
import { sealBatch } from '../../src/audit/seal.ts'
import type { Verified } from '../../src/audit/verify.ts'
import { runOrder } from '../../src/commands/registry.ts'
import { statement } from '../../src/store/statement.ts'
import { addRows } from '../audit/chain-fixture.ts'
import { openTestApp, ORIGIN, SECRET_KEY, suiteCleanup } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { runPostern } from '../support/e2e.ts'
import { tamper } from '../support/tamper.ts'
import { until } from '../support/until.ts'
import { openEmbeddedPlace } from './place.ts'

const DAY = 86_400_000
const HEADS = statement<[], { day: string; number: number; hash: string; signature: Buffer }>(
  'heads',
  `select day::text as day, number::int as number, encode(hash, 'hex') as hash, signature from auth.audit_heads`,
)

suite('postern audit verify', () => {
  const cleanup = suiteCleanup()
  let app: TestApp
  let env: Readonly<Record<string, string>>
  before(async () => {
    app = await openTestApp(cleanup)
    env = { POSTERN_DATABASE_URL: app.url, POSTERN_SECRET_KEY: SECRET_KEY, POSTERN_PUBLIC_URL: `${ORIGIN}/.postern` }
    await addRows(app.database, 12_000)
    const signer = createChainSigner(app.context.keys.audit)
    for (let rest = true; rest;) rest = (await sealBatch(app.database, signer, 5_000))?.more ?? false
  })

  test('gives the counts and the head of an honest log, and 0', async () => {
    const { exitCode, stdout } = await runPostern(env, ['audit', 'verify'])
    assert.equal(exitCode, 0)
    const lines = stdout.trimEnd().split('\n')
    assert.equal(lines[0], 'The record is as it was written.')
    assert.match(stdout, /\n1\d{4} rows, 3 batches, 0 heads of days, signed by key \d+\.\nHead: 3:[0-9a-f]{64}\n/)
  })

  test('takes a head that was written down, and misses one that the chain does not have', async () => {
    const { stdout } = await runPostern(env, ['audit', 'verify', '--json'])
    const { head } = JSON.parse(stdout) as Verified
    const right = await runPostern(env, ['audit', 'verify', '--head', `${head?.number}:${head?.hash}`])
    assert.equal(right.exitCode, 0)
    const wrong = await runPostern(env, ['audit', 'verify', '--head', '0'.repeat(64)])
    assert.equal(wrong.exitCode, 1)
    assert.match(wrong.stdout, /its end was cut off or rewritten/)
    assert.equal((await runPostern(env, ['audit', 'verify', '--head', 'abc'])).exitCode, 2)
  })

  test('says where a log was tampered with, and 1', async () => {
    await tamper(app.database, `update auth.auth_audit_log set actor_login = 'mallory' where seq = 7000`)
    const { exitCode, stdout } = await runPostern(env, ['audit', 'verify'])
    assert.equal(exitCode, 1)
    assert.match(
      stdout,
      /^The record was tampered with:\n {2}Row 7000 of batch 2 was changed\. It is event [0-9a-f-]{36}, sign_in\.\n/,
    )
    await tamper(app.database, `delete from auth.auth_audit_log where seq % 100 = 0`)
    const told = await runPostern(env, ['audit', 'verify'])
    assert.match(told.stdout, / … and more: \d+ row_removed/)
    const { faults } = JSON.parse((await runPostern(env, ['audit', 'verify', '--json'])).stdout) as Verified
    assert.deepEqual([faults[0]?.kind, faults[0]?.seq, faults[0]?.batch], ['row_removed', 100, 1])
  })

  test('gives no page that does not exist', async () => {
    const reply = await runOrder(app.context, { command: 'audit pages', given: { what: 'secrets', given: {} } })
    assert.equal('exitCode' in reply && reply.exitCode, 2)
  })

  test('audit key prints what heads are checked by elsewhere', async () => {
    const signer = createChainSigner(app.context.keys.audit)
    await tamper(app.database, `update auth.audit_batches set sealed_at = now() - interval '1 day'`)
    const sealed = await sealBatch(app.database, signer)
    assert.equal(sealed?.head?.day, new Date(Date.now() - DAY).toISOString().slice(0, 10))
    const [head] = await app.database.query(HEADS)
    assert.ok(head !== undefined)
    const { stdout } = await runPostern(env, ['audit', 'key', '--json'])
    const [key] = JSON.parse(stdout) as { id: number; pem: string }[]
    const message = Buffer.from(headMessage(head.day, head.number, head.hash))
    assert.ok(verify(null, message, createPublicKey(key?.pem ?? ''), head.signature))
    assert.match((await runPostern(env, ['audit', 'key'])).stdout, /^key \d+\n-----BEGIN PUBLIC KEY-----\n/)
  })
})

test('a running server seals its log, and it is verified through it', async (t) => {
  const { env } = await openEmbeddedPlace(t)
  assert.equal((await runPostern(env, ['attempts', 'clear', '--all'])).exitCode, 0)
  await until('all is sealed', 60_000, async () => {
    const { stdout, exitCode } = await runPostern(env, ['audit', 'verify', '--json'])
    const { ok, unsealed, batches } = JSON.parse(stdout) as Verified
    assert.deepEqual([exitCode, ok], [0, true])
    return unsealed === 0 && batches > 0
  })
})
