import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, suite, test } from 'node:test'
import { runOrder } from '../../src/commands/registry.ts'
import { statement } from '../../src/store/statement.ts'
import { openTestApp, suiteCleanup } from '../support/app.ts'
import { IS_LONG } from '../support/long.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { runPostern } from '../support/e2e.ts'
import type { CommandOutcome } from '../support/e2e.ts'
import { openEmbeddedPlace, openPostgresPlace, STAFF_POLICY } from './place.ts'
import type { Place } from './place.ts'

/** Of `U*U`. */
const HASH = '$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'
const READ_EVENTS = statement<[], { details: unknown }>(
  'read_events',
  `select details - 'command' - 'operator' as details from auth.auth_audit_log where event_type = 'users_imported'`,
)

/** process.test.ts goes both ways always. */
const KINDS = ['PostgreSQL', 'the embedded database of a running server'] as const

for (const kind of IS_LONG ? KINDS : KINDS.slice(0, 1)) {
  suite(`an import by command on ${kind}`, () => {
    const cleanup = suiteCleanup()
    let place: Place
    let folder: string
    before(async () => {
      place = await (kind === 'PostgreSQL' ? openPostgresPlace(cleanup) : openEmbeddedPlace(cleanup))
      folder = await temporaryDirectory(cleanup)
    })
    const importing = async (lines: readonly string[], ...more: string[]): Promise<CommandOutcome> => {
      const file = join(folder, 'people.csv')
      await writeFile(file, lines.join('\r\n'))
      return runPostern(place.env, ['user', 'import', file, '--format', 'csv', ...more])
    }
    const people = [
      'login,email,roles,password_hash',
      `alice,alice@example.com,staff,${HASH}`,
      'bob,bob@example.com,,$1$weak$one',
      'carol,carol@example.com,nothing,',
      ...Array.from({ length: 1_500 }, (_, index) => `many${index},many${index}@example.com,,`),
    ]

    test('a dry run says what would be done and writes nothing, a run does it, another leaves it', async () => {
      const refused = [
        /^line 3: Its hash is of no scheme that is known here\. Postern takes bcrypt, .*$/m,
        /^line 4: roles: The policy defines no role nothing\.$/m,
      ]
      const dry = await importing(people, '--dry-run')
      assert.deepEqual([dry.exitCode, dry.stderr], [1, ''])
      assert.match(dry.stdout, /^This would be: 1501 created, 0 updated, 0 left as they were, 2 refused\. Nothing/m)
      assert.equal((await runPostern(place.env, ['user', 'show', 'alice'])).exitCode, 1)
      const done = await importing(people)
      for (const sentence of refused) assert.match(done.stdout, sentence)
      assert.match(done.stdout, /^1501 created, 0 updated, 0 left as they were, 2 refused\.$/m)
      const again = await importing(people, '--json')
      const { created, skipped, refused: lines } = JSON.parse(again.stdout) as Record<string, unknown>
      assert.deepEqual([created, skipped, (lines as { line: number }[]).map(({ line }) => line)], [0, 1_501, [3, 4]])
      assert.ok(!`${done.stdout}${again.stdout}`.includes('$2b$'))
    })

    test('PW-05: who was imported signs in with the old password, which is then kept as all others', async () => {
      const before = await importing(people, '--on-conflict', 'update')
      assert.match(before.stdout, /^0 created, 0 updated/m)
      assert.ok(await place.counts(await place.signIn('alice', 'U*U')))
    })

    test('what is exported is imported again', async () => {
      const exported = await runPostern(place.env, ['user', 'export'])
      const [heading, first] = exported.stdout.split('\r\n')
      assert.deepEqual([heading, first], ['login,email,name,roles,disabled', 'alice,alice@example.com,alice,staff,no'])
      const again = await importing(exported.stdout.trimEnd().split('\r\n'), '--on-conflict', 'update')
      assert.deepEqual(
        [again.exitCode, again.stdout],
        [0, '0 created, 0 updated, 1501 left as they were, 0 refused.\n'],
      )
    })

    test('a file that is not there, or wrong use, says so', async () => {
      const none = await runPostern(place.env, ['user', 'import', join(folder, 'none'), '--format', 'csv'])
      assert.deepEqual([none.exitCode, /can't be read/.test(none.stderr)], [1, true])
      assert.equal((await importing(people, '--on-conflict', 'replace')).exitCode, 2)
      assert.equal((await importing(people, '--format', 'xml')).exitCode, 2)
    })
  })
}

test('an import stands in the audit log, in the transaction that it is done in, and a dry run does not', async (t) => {
  const app = await openTestApp(t, { policy: STAFF_POLICY })
  const nothing = { name: null, roles: [], hash: null, disabled: false, mustChangePassword: false }
  const users = [{ line: 1, login: 'alice', email: 'alice@example.com', ...nothing }]
  for (const dryRun of [true, false])
    await runOrder(app.context, { command: 'user import', given: { users, dryRun, by: 'root' } })
  const events = await app.database.query(READ_EVENTS)
  assert.deepEqual(
    events.map(({ details }) => details),
    [{ created: 1, updated: 0, by: 'root' }],
  )
})
