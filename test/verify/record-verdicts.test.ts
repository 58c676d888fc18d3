import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findDecision, listDecisionSums } from '../../src/audit/read-decisions.ts'
import { runOrder } from '../../src/commands/registry.ts'
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

test('the number of a refusal that came before leads to its row, to its line of the log and to how the path was read', async (t) => {
  const { context, ask, alice, logs } = await openListener(t)
  const answers = [
    await ask({ uri: '/public/../admin/x?first', token: alice }),
    await ask({ uri: '/public/../admin/x?second', token: alice }),
  ]
  const ids = answers.map(({ header }) => header('x-postern-decision') ?? '')
  assert.match(ids[0] ?? '', /^[0-9a-f]{12}$/)
  assert.equal(ids[0], ids[1])
  await context.decisions.end()
  const lines = logs().filter(({ msg }) => msg === 'decision')
  const facts = { decisionId: ids[0], decision: 'forbid', reason: 'missing_role', app: 'app', rule: 3, login: 'alice' }
  for (const line of lines) {
    const { time: _time, level, repeated: _repeated, ...rest } = line
    const request = { method: 'GET', scheme: 'https', host: 'app.example.com', path: '/public/../admin/x' }
    const expected = { ...facts, ...request, reading: '/admin/x', clientAddress: '203.0.113.7', dialect: 'nginx' }
    assert.deepEqual([level, rest], ['info', { ...expected, msg: 'decision' }])
  }
  assert.deepEqual(
    lines.map(({ repeated }) => repeated),
    [undefined, 1],
  )
  const given = { decision: ids[1] }
  const told = await runOrder(context, { command: 'policy explain', given })
  const text = 'result' in told ? told.result.text : told.refusal
  assert.match(text, /^Decision .*: forbid by rule 3 of app app/)
  assert.match(text, /\nThe path was read as \/admin\/x\.\nIt stands for 2 alike within a minute, /)
  assert.doesNotMatch(text, /private|first|second/)
})

test('one in so many that pass is a line of the log, and all of them are in the sums', async (t) => {
  const { context, database, ask, alice, logs } = await openListener(t, { env: { POSTERN_DECISION_SAMPLE: '5' } })
  for (let times = 0; times < 15; times++) assert.equal((await ask({ uri: '/api/x', token: alice })).status, 200)
  assert.equal((await ask({ uri: '/public/x' })).status, 200)
  assert.equal((await ask({ uri: '/api/x' })).status, 401)
  const lines = logs().filter(({ msg }) => msg === 'decision')
  assert.deepEqual(
    lines.map(({ decision, login, dialect }) => [decision, login, dialect]),
    Array.from({ length: 3 }, () => ['allow', 'alice', 'nginx']),
  )
  await context.decisions.end()
  const found = await findDecision(database, String(lines[0]?.['decisionId']))
  assert.deepEqual([found?.kind, found?.sampled], ['allow', true])
  const sums = await listDecisionSums(database, { since: new Date(0), login: null, app: null }, 10)
  assert.deepEqual(
    sums.map(({ login, app, kind, count }) => [login, app, kind, count]),
    [
      ['alice', 'app', 'allow', 15],
      [null, 'app', 'allow', 1],
      [null, 'app', 'sign_in', 1],
    ],
  )
})
