import { setTimeout as delay } from 'node:timers/promises'
import { lockDirectory } from '../../src/store/directory-lock.ts'
import { openEmbedded } from '../../src/store/embedded.ts'
import { OperatorError } from '../../src/errors.ts'
import { statement } from '../../src/store/statement.ts'

// Waits, then takes a data directory and writes rows until it is killed. Each line on standard output is `owner <last
// id found>`, `row <id>` for a row that the database has acknowledged, or `busy` before exit code 1.
const count = statement<[], { rows: number; last: number }>(
  'count',
  'select count(*)::int4 as rows, coalesce(max(id), 0) as last from lock_rows',
)
const append = statement<[id: number]>('append', 'insert into lock_rows (id) values ($1)')

const [directory = '', waitMs = '0'] = process.argv.slice(2)
await delay(Number(waitMs))
try {
  lockDirectory(directory)
} catch (error) {
  if (!(error instanceof OperatorError)) throw error
  process.stdout.write('busy\n')
  process.exit(error.exitCode)
}
const database = await openEmbedded({ directory, onExit: () => process.exit(3) })
await database.withConnection((connection) =>
  connection.script('create table if not exists lock_rows (id integer primary key)'),
)
const [found = { rows: 0, last: 0 }] = await database.query(count)
process.stdout.write(`owner ${found.rows} ${found.last}\n`)
for (let id = found.last + 1; ; id += 1) {
  await database.query(append, id)
  process.stdout.write(`row ${id}\n`)
}
