import { after, test } from 'node:test'
import { parseArgs } from 'node:util'
import { describeDrill, runDrill } from './drill.ts'

const USAGE = 'Use: npm run drill -- restore [--users 1000] [--into PostgreSQL|embedded]'

/** `npm run drill -- restore`: loses a database of so many people and gets it back, and says what that took. */
const { values, positionals } = parseArgs({
  options: { users: { type: 'string', default: '1000' }, into: { type: 'string', default: 'PostgreSQL' } },
  allowPositionals: true,
})
const users = Number(values.users)
if (
  positionals.join() !== 'restore' ||
  !Number.isSafeInteger(users) ||
  users < 0 ||
  !/^(PostgreSQL|embedded)$/.test(values.into)
) {
  process.stderr.write(`${USAGE}\n`)
  process.exit(2)
}
const lines: string[] = []
after(() => void process.stdout.write(`${lines.join('\n')}\n`))
test(`a database of ${users} people is lost and restored into ${values.into}`, async (t) => {
  const into = values.into === 'embedded' ? 'embedded' : 'PostgreSQL'
  lines.push(describeDrill(await runDrill(t, { users, into })))
})
