import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, suite, test } from 'node:test'
import type { Database } from '../../src/store/database.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { statement } from '../../src/store/statement.ts'
import { openTestApp, ORIGIN, SECRET_KEY, suiteCleanup } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { openEmptyDatabase } from '../support/database.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { runPostern } from '../support/e2e.ts'
import type { CommandOutcome } from '../support/e2e.ts'
import { until } from '../support/until.ts'
import { tableNames } from './filled.ts'

const PASSPHRASE = 'twelve letters'
const LAUNCHER = join(import.meta.dirname, '../../bin/postern')
/** So many that somebody can come in between. */
const MANY = 12_000
const FILL = statement<[count: number]>(
  'fill',
  `insert into auth.users (login, email, name, disabled_at)
   select 'p' || n, 'p' || n || '@example.com', repeat('x', 200), now() from generate_series(1, $1::int) n`,
)
const LOADING = statement<[], { count: number }>(
  'loading',
  `select count(*)::int as count from pg_stat_activity where query like '%insert into auth."users"%' and pid <> pg_backend_pid()`,
)
const OTHERS = statement<[], { count: number }>(
  'others',
  'select count(*)::int as count from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
)

const WAITING = statement<[], { count: number }>(
  'waiting',
  `select count(*)::int as count from pg_locks where not granted and relation = 'auth.users'::regclass`,
)
const RESTORED = statement<[], { details: { replaced: number } }>(
  'restored',
  `select details from auth.auth_audit_log where event_type = 'database_restored'`,
)

suite('backup and restore as processes', () => {
  const cleanup = suiteCleanup()
  let app: TestApp
  let folder: string
  let env: Record<string, string>
  const file = (name: string): string => join(folder, name)
  const postern = (words: readonly string[], input = `${PASSPHRASE}\n`, more = {}): Promise<CommandOutcome> =>
    runPostern({ ...env, ...more }, words, input)
  before(async () => {
    folder = await temporaryDirectory(cleanup)
    app = await openTestApp(cleanup)
    await app.addUser('alice')
    await app.database.query(FILL, MANY)
    env = { POSTERN_DATABASE_URL: app.url, POSTERN_SECRET_KEY: SECRET_KEY, POSTERN_PUBLIC_URL: `${ORIGIN}/.postern` }
    const made = await postern(['backup', file('whole'), '--passphrase-stdin', '--json'])
    assert.deepEqual([made.exitCode, made.stderr], [0, ''])
    assert.equal((JSON.parse(made.stdout) as { users: number }).users, MANY + 1)
  })

  test('a file that is there stays, unless it is to be replaced; the passphrase may be a setting', async () => {
    const again = await postern(['backup', file('whole'), '--passphrase-stdin'])
    assert.deepEqual([again.exitCode, again.stdout], [1, ''])
    assert.match(again.stderr, /is there already.*--force/)
    writeFileSync(file('secret'), `${PASSPHRASE}\n`)
    const setting = { POSTERN_BACKUP_PASSPHRASE_FILE: file('secret') }
    const forced = await postern(['backup', file('whole'), '--force'], '', setting)
    assert.equal(forced.exitCode, 0, forced.stderr)
    const streamed = await runToFile(file('streamed'), { ...env, ...setting })
    assert.equal(streamed, 0)
    const checked = await postern(['restore', '--check', file('streamed')], '', setting)
    assert.match(checked.stdout, /is whole: .*\n.*12001 users/)
  })

  test('a passphrase is never an argument, and a short or missing one is refused', async () => {
    const short = await postern(['backup', file('short'), '--passphrase-stdin'], 'eleven letr\n')
    assert.deepEqual([short.exitCode, existsSync(file('short'))], [2, false])
    const none = await postern(['backup', file('none')], '')
    assert.deepEqual([none.exitCode, none.stdout], [2, ''])
    assert.match(none.stderr, /POSTERN_BACKUP_PASSPHRASE_FILE.*--passphrase-stdin/)
  })

  test('each is in the record', async () => {
    const events = await app.database.query(
      statement<[], { details: { rows: number; operator: string } }>(
        'events',
        `select details from auth.auth_audit_log where event_type = 'backup_made' order by seq limit 1`,
      ),
    )
    assert.ok((events[0]?.details.rows ?? 0) > MANY && events[0]?.details.operator !== '')
  })

  test('a backup that is killed leaves no file of its name, nor one that no disk could hold', async () => {
    const child = spawn(LAUNCHER, ['backup', file('killed'), '--passphrase-stdin'], {
      env: environment(),
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    const ended = once(child, 'exit')
    child.stdin.end(`${PASSPHRASE}\n`)
    await until('the file is being written', 20_000, () => sizeOf(folder, 'killed') > 0)
    child.kill('SIGKILL')
    await ended
    assert.equal(existsSync(file('killed')), false)
    const limited = spawn('bash', ['-c', `ulimit -f 512; exec ${LAUNCHER} backup ${file('full')} --passphrase-stdin`], {
      env: environment(),
      stdio: ['pipe', 'ignore', 'pipe'],
    })
    limited.stdin.end(`${PASSPHRASE}\n`)
    const [complaint] = await Promise.all([textOf(limited.stderr), once(limited, 'exit')])
    assert.equal(limited.exitCode, 1)
    assert.match(complaint, /full can't be written: .*Nothing is left of it/)
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('full')),
      [],
    )
  })

  test('a restore that is killed leaves the database as it was; people are not replaced unless that is said twice', async (t) => {
    const { url } = await openEmptyDatabase(t)
    const target = { POSTERN_DATABASE_URL: url }
    const database = openPostgres({ url, poolSize: 1, applicationName: 'a test that looks on' })
    t.after(() => database.close())
    const child = spawn(LAUNCHER, ['restore', file('whole'), '--passphrase-stdin'], {
      env: { ...environment(), ...target },
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    const ended = once(child, 'exit')
    child.stdin.end(`${PASSPHRASE}\n`)
    await until('users are being loaded', 20_000, async () => ((await database.query(LOADING))[0]?.count ?? 0) > 0)
    child.kill('SIGKILL')
    await ended
    await until('its connection is gone', 20_000, async () => (await database.query(OTHERS))[0]?.count === 0)
    assert.deepEqual(await tableNames(database), [])
    const again = await postern(['restore', file('whole'), '--passphrase-stdin'], undefined, target)
    assert.match(again.stdout, /^Restored 12001 users, /, again.stderr)
    await refusesToReplace(target)
    const words = ['restore', file('whole'), '--passphrase-stdin', '--replace', '--yes', '--json']
    const replaced = await postern(words, undefined, target)
    assert.equal((JSON.parse(replaced.stdout) as { replaced: number }).replaced, MANY + 1)
    const told = (await database.query(RESTORED)).map(({ details }) => details.replaced)
    assert.deepEqual(told, [MANY + 1])
    const named = new URL(url)
    named.searchParams.set('application_name', 'portal-1')
    const elsewhere = { POSTERN_DATABASE_URL: named.href }
    await refusesLatecomer(named.href, database, () => postern(words, undefined, elsewhere))
  })

  /** A replica that starts after the restore looked for some, and before it has the tables for itself. */
  async function refusesLatecomer(
    url: string,
    database: Database,
    restoreAgain: () => Promise<CommandOutcome>,
  ): Promise<void> {
    await database.withConnection(async (connection) => {
      await connection.script('begin; lock table auth.users in access share mode')
      const restoring = restoreAgain()
      await until('the restore waits', 20_000, async () => ((await connection.query(WAITING))[0]?.count ?? 0) > 0)
      const latecomer = openPostgres({ url, poolSize: 1 })
      await latecomer.query(OTHERS)
      await connection.script('commit')
      const { exitCode, stderr } = await restoring
      await latecomer.close()
      assert.deepEqual([exitCode, /Postern runs on this database, by 1 /.test(stderr)], [1, true], stderr)
    })
    assert.equal((await database.query(RESTORED)).length, 1)
  }

  async function refusesToReplace(target: Record<string, string>): Promise<void> {
    const words = ['restore', file('whole'), '--passphrase-stdin']
    assert.match((await postern(words, undefined, target)).stderr, /has 12001 users\..*--replace/)
    const unsure = await postern([...words, '--replace'], undefined, target)
    assert.match(unsure.stderr, /drops 12001 users.*--yes/)
  }

  test('a database that Postern runs on is not replaced', async () => {
    const used = await postern(['restore', file('whole'), '--passphrase-stdin', '--replace', '--yes'])
    assert.deepEqual([used.exitCode, used.stdout], [1, ''])
    assert.match(used.stderr, /Postern runs on this database.*Stop every replica/)
  })

  function environment(): Record<string, string> {
    return { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', ...env }
  }
})

function sizeOf(folder: string, prefix: string): number {
  const name = readdirSync(folder).find((each) => each.startsWith(prefix))
  return name === undefined ? 0 : statSync(join(folder, name)).size
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  let text = ''
  for await (const part of stream) text += part.toString()
  return text
}

async function runToFile(file: string, env: Readonly<Record<string, string>>): Promise<number | null> {
  const inherited = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/' }
  const child = spawn('bash', ['-c', `exec ${LAUNCHER} backup - > ${file}`], { env: { ...inherited, ...env } })
  await once(child, 'exit')
  assert.match(readFileSync(file, 'latin1').slice(0, 20), /^postern-backup 1\n/)
  return child.exitCode
}
