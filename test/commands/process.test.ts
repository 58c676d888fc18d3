import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { before, suite, test } from 'node:test'
import { suiteCleanup } from '../support/app.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { runPostern } from '../support/e2e.ts'
import type { CommandOutcome } from '../support/e2e.ts'
import { openEmbeddedPlace, openPostgresPlace } from './place.ts'
import type { Place } from './place.ts'

const PASSWORD = 'the planted pass phrase'
const CREATE = [
  'user',
  'create',
  'alice',
  '--email',
  'alice@example.com',
  '--role',
  'staff',
  'editor',
  '--password-stdin',
]

for (const kind of ['PostgreSQL', 'the embedded database of a running server'] as const) {
  suite(`a command as a process on ${kind}`, () => {
    const cleanup = suiteCleanup()
    let place: Place
    before(async () => {
      const fresh = async (): Promise<string> => join(await temporaryDirectory(cleanup), 'data')
      place = await (kind === 'PostgreSQL' ? openPostgresPlace(cleanup) : openEmbeddedPlace(cleanup, await fresh()))
    })
    const postern = (words: readonly string[], input = ''): Promise<CommandOutcome> =>
      runPostern(place.env, words, input)

    if (kind !== 'PostgreSQL') {
      test('finds a data directory that is for its owner alone, as is each secret in it', () => {
        const directory = place.env['POSTERN_DATA_DIR'] ?? ''
        const mode = (name: string): number => statSync(join(directory, name)).mode & 0o777
        assert.equal(mode('.'), 0o700)
        for (const name of ['control.sock', 'secret-key', 'first-run-link.txt']) assert.equal(mode(name), 0o600, name)
        assert.ok(readdirSync(directory).includes('lock'))
        const link = readFileSync(join(directory, 'first-run-link.txt'), 'utf8')
        assert.match(link, /^http:\/\/localhost:\d+\/\.postern\/invite\/pi1[\w-]{56}\n$/)
      })
    }

    test('prints for people, or JSON for programs, and nothing beside it', async () => {
      const made = await postern([...CREATE, '--json'], `${PASSWORD}\nmore lines\n`)
      assert.deepEqual([made.exitCode, made.stderr], [0, ''])
      const { roles, state } = JSON.parse(made.stdout) as { roles: string[]; state: string }
      assert.deepEqual([roles, state], [['editor', 'staff'], 'active'])
      assert.ok(!made.stdout.includes(PASSWORD))
      const token = await place.signIn('alice', PASSWORD)
      assert.ok(await place.counts(token))
      const disabled = await postern(['user', 'disable', 'alice'])
      assert.deepEqual(disabled, { exitCode: 0, stdout: 'Disabled alice; ended 1 session.\n', stderr: '' })
      assert.ok(!(await place.counts(token)))
    })

    test('ends with 1 for what is refused and 2 for wrong use, and says what to do', async () => {
      const [refused, wrong, unknown] = await Promise.all([
        postern(['user', 'show', 'nobody']),
        postern(['session', 'revoke']),
        postern(['user', 'remove', 'alice']),
      ])
      assert.deepEqual([refused.exitCode, wrong.exitCode, unknown.exitCode], [1, 2, 2])
      assert.equal(refused.stderr, 'There is no user nobody. List them: postern user list.\n')
      assert.deepEqual([refused.stdout, wrong.stdout, unknown.stdout], ['', '', ''])
      assert.equal(wrong.stderr, 'Give a session id, or --user <login>.\n')
      assert.match(unknown.stderr, /--help/)
    })

    test('a token may be for an app of the policy in force, and for no other', async () => {
      const create = ['token', 'create', 'bob', '--name', 'ci', '--json', '--app']
      const added = await postern(['user', 'create', 'bob', '--email', 'bob@example.com', '--json'])
      assert.equal(added.exitCode, 0, added.stderr)
      const made = await postern([...create, 'app'])
      assert.equal(made.exitCode, 0, made.stderr)
      const refused = await postern([...create, 'other'])
      assert.deepEqual([refused.exitCode, refused.stderr], [2, '--app: The policy has no app of this name.\n'])
    })

    test('a password never stands among the arguments', async () => {
      const { exitCode, stderr } = await postern(['user', 'password', 'alice', PASSWORD])
      assert.equal(exitCode, 2)
      assert.ok(!stderr.includes(PASSWORD))
    })
  })
}
