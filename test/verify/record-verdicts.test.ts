import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findDecision } from '../../src/audit/read-decisions.ts'
import { openListener } from './ask.ts'

test('the number on a 403 is that of the decision, whoever was asked for and whatever was wrong', async (t) => {
  const { context, database, ask, alice } = await openListener(t)
  const [forbidden, denied, refused, faulty] = [
    await ask({ uri: '/admin/x?private=1', token: alice }),
    await ask({ uri: '/old/x' }),
    await ask({ uri: '/public/%zz' }),
    await ask({ without: ['X-Original-Host'] }),
  ]
  await context.decisions.flush()
  const found = await Promise.all(
    [forbidden, denied, refused, faulty].map(({ header }) =>
      findDecision(database, header('x-postern-decision') ?? ''),
    ),
  )
  assert.deepEqual(
    found.map((decision) => [decision?.kind, decision?.reason, decision?.login, decision?.rule, decision?.path]),
    [
      ['forbid', 'missing_role', 'alice', 3, '/admin/x'],
      ['forbid', 'denied_by_rule', null, 6, '/old/x'],
      ['refuse', 'bad_percent_encoding', null, null, null],
      ['refuse', 'missing_header', null, null, null],
    ],
  )
  assert.deepEqual(
    found.map((decision) => decision?.policyVersion),
    [1, 1, 1, 1],
  )
})

test('trouble in writing decisions changes no answer', async (t) => {
  const { context, ask, alice } = await openListener(t, {
    overrides: ({ decisions }) => ({
      decisions: { ...decisions, flush: () => Promise.reject(new Error('no database')) },
    }),
  })
  assert.equal((await ask({ uri: '/admin/x', token: alice })).status, 403)
  await assert.rejects(context.decisions.flush())
  assert.equal((await ask({ uri: '/api/x', token: alice })).status, 200)
})
