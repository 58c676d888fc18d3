import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { COMMON_DETAILS, EVENT_TYPES } from '../../src/audit/events.ts'
import type { EventType } from '../../src/audit/events.ts'
import { runOrder } from '../../src/commands/registry.ts'
import { statement } from '../../src/store/statement.ts'
import { openTestApp, POLICY } from '../support/app.ts'
import { followEvents } from './written.ts'
import { WRITTEN_BY_COMMANDS } from './written-by.ts'

const RAISE = statement<[]>(
  'raise',
  `create function auth.refuse_events() returns trigger language plpgsql as $$ begin raise 'no event can be written'; end $$`,
)
const ARM = statement<[]>(
  'arm',
  `create trigger refuse_events before insert on auth.auth_audit_log for each row execute function auth.refuse_events()`,
)
const DISARM = statement<[]>('disarm', 'drop trigger refuse_events on auth.auth_audit_log')
/** What any of the commands below changes, but for the log itself. */
const STATE = statement<[], { state: string }>(
  'state',
  `select coalesce((select json_agg(to_jsonb(u) order by u.login) from auth.users u)::text, '')
     || coalesce((select json_agg(r order by r.user_id, r.role_name) from auth.user_roles r)::text, '')
     || coalesce((select json_agg(s.ended_at order by s.id) from auth.sessions s)::text, '')
     || coalesce((select json_agg(p.version order by p.version) from auth.policies p)::text, '')
     || coalesce((select json_agg(k.id order by k.id) from auth.keys k)::text, '')
     || coalesce((select json_agg(g order by g.id) from auth.grants g)::text, '')
     || coalesce((select json_agg(n) from auth.app_notices n)::text, '')
     || coalesce((select json_agg(t.id order by t.id) from auth.api_tokens t where t.revoked_at is null)::text, '') as state`,
)

/** In this order on one database; what a command gives goes to those after it. */
interface Step {
  readonly command: string
  readonly given: (kept: Map<string, string>) => Readonly<Record<string, unknown>>
  readonly keeps?: string
  readonly resource?: string | null
}

const USER = { resource: 'user:erin' }
const STEPS: readonly Step[] = [
  { command: 'user create', given: () => ({ login: 'Erin', email: 'erin@example.com', role: ['user'] }), ...USER },
  { command: 'user edit', given: () => ({ login: 'erin', name: 'Erin B' }), ...USER },
  { command: 'user roles', given: () => ({ login: 'erin', add: ['team'] }), ...USER },
  { command: 'user password', given: () => ({ login: 'erin', password: 'a long one that nobody has' }), ...USER },
  { command: 'user reset-link', given: () => ({ login: 'erin' }), ...USER },
  { command: 'user unlock', given: () => ({ login: 'erin' }), ...USER },
  { command: 'attempts clear', given: () => ({ network: '192.0.2.0/24' }), resource: null },
  { command: 'token create', given: () => ({ login: 'erin', name: 'x', app: ['app'] }), keeps: 'token', ...USER },
  { command: 'token revoke', given: (kept) => ({ id: kept.get('token') }), ...USER },
  {
    command: 'grant create',
    given: () => ({ login: 'erin', role: 'admin', until: '2h', reason: 'stands in for Alice' }),
    keeps: 'grant',
    ...USER,
  },
  { command: 'grant revoke', given: (kept) => ({ id: kept.get('grant') }), ...USER },
  { command: 'keys rotate', given: () => ({ purposes: ['audit'] }), resource: 'key:audit' },
  { command: 'notice set', given: () => ({ app: 'app', text: 'Mended at noon.' }), resource: 'app:app' },
  { command: 'notice clear', given: () => ({ app: 'app' }), resource: 'app:app' },
  { command: 'user disable', given: () => ({ login: 'erin' }), ...USER },
  { command: 'user enable', given: () => ({ login: 'erin' }), ...USER },
  { command: 'session revoke', given: () => ({ user: 'alice' }), resource: 'user:alice' },
  { command: 'user invite', given: () => ({ email: 'new@example.com' }), keeps: 'invitation', resource: null },
  { command: 'user uninvite', given: (kept) => ({ id: kept.get('invitation') }), resource: null },
  {
    command: 'user create break-glass',
    given: () => ({ login: 'sealed', email: 's@example.com' }),
    resource: 'user:sealed',
  },
  { command: 'user export', given: () => ({}), resource: null },
  { command: 'backup made', given: () => ({ bytes: 1, rows: 2, schema: 3 }), resource: 'database' },
  { command: 'policy apply', given: () => ({ file: 'p.yaml', source: `${POLICY}\n` }), resource: 'policy:3' },
  { command: 'policy rollback', given: () => ({ version: '1' }), resource: 'policy:5' },
  { command: 'user delete', given: () => ({ login: 'erin' }), ...USER },
]
/** Tested where they are: what they need is made there. */
const ELSEWHERE = [
  'user factors reset',
  'user import',
  'audit decisions',
  'audit decisions sums',
  'audit deliver',
  'audit export',
  'audit search',
]

suite('what commands write down', () => {
  test('every command has its line, which names what it writes', () => {
    const source = readFileSync(join(import.meta.dirname, '../../src/commands/registry.ts'), 'utf8')
    const [, table = ''] = /const COMMANDS[^{]*\{\n([\s\S]*?)\n\}/.exec(source) ?? []
    const names = [...table.matchAll(/^ {2}(?:'([^']+)'|(\w+)):/gm)].map(([, quoted, plain]) => quoted ?? plain ?? '')
    assert.deepEqual(names.toSorted(), Object.keys(WRITTEN_BY_COMMANDS).toSorted())
    const driven = [...STEPS.map(({ command }) => command), ...ELSEWHERE]
    const writing = Object.entries(WRITTEN_BY_COMMANDS).filter(([, types]) => types.length > 0)
    assert.deepEqual(driven.toSorted(), writing.map(([name]) => name).toSorted())
  })

  test('each is in the record with the operator and a number, once it is done and not before', async (t) => {
    const app = await openTestApp(t)
    await app.addUser('alice')
    await app.token('alice')
    const events = followEvents(app.database)
    await app.database.query(RAISE)
    const kept = new Map<string, string>()
    const numbers = new Set<string | null>()
    for (const { command, given, keeps, resource } of STEPS) {
      const order = { command, given: given(kept), operator: 'olga' }
      await events()
      await app.database.query(ARM)
      const [before] = await app.database.query(STATE)
      await assert.rejects(runOrder(app.context, order), /no event can be written/, command)
      assert.deepEqual(await app.database.query(STATE), [before], `${command} stands without its event`)
      await app.database.query(DISARM)
      const reply = await runOrder(app.context, order)
      assert.ok('result' in reply, `${command}: ${JSON.stringify(reply)}`)
      if (keeps !== undefined) kept.set(keeps, (reply.result.data as { id: string }).id)
      const [event, ...others] = await events()
      assert.deepEqual(others, [], command)
      assert.ok(event !== undefined, `${command} wrote nothing`)
      const type = event.event_type as EventType
      assert.ok(WRITTEN_BY_COMMANDS[command]?.includes(type), `${command}: ${type}`)
      assert.deepEqual([event.result, event.actor_login, event.action], ['success', null, EVENT_TYPES[type].action])
      assert.equal(event.resource, resource, command)
      assert.deepEqual([event.details['operator'], event.details['command']], ['olga', command])
      assert.match(event.request_id ?? '', /^[\w-]{22}$/)
      assert.ok(!numbers.has(event.request_id))
      numbers.add(event.request_id)
      const known: readonly string[] = [...EVENT_TYPES[type].details, ...COMMON_DETAILS]
      assert.deepEqual(
        Object.keys(event.details).filter((name) => !known.includes(name)),
        [],
        type,
      )
    }
  })

  test('what a command could not do is not in the record', async (t) => {
    const app = await openTestApp(t)
    const events = followEvents(app.database)
    await events()
    for (const command of ['user disable', 'user enable', 'user delete', 'user roles', 'user reset-link'])
      assert.ok('refusal' in (await runOrder(app.context, { command, given: { login: 'nobody', add: ['user'] } })))
    assert.deepEqual(await events(), [])
  })
})
