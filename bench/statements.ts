import { randomBytes } from 'node:crypto'
import { OperatorError } from '../src/errors.ts'
import {
  END_SIGN_IN,
  FIND_PRINCIPAL,
  INSERT_SIGN_IN,
  INSERT_TOKEN,
  LIST_SIGN_INS,
  TOUCH_SIGN_INS,
} from '../src/sessions/sessions-table.ts'
import type { Database } from '../src/store/database.ts'
import { openPostgres } from '../src/store/postgres.ts'
import { FIND_CREDENTIALS } from '../src/users/users-table.ts'
import { loginOf, SESSIONS, tokenHashOf, USERS } from './population.ts'
import { timed, timesOf } from './times.ts'
import type { Times } from './times.ts'

export type StatementRow = { readonly statement: string } & Times

const WARM_UP = 50
const RUNS = 500
const FLUSHES = 100
const FLUSHED = 1_000
const IDLE_MS = 8 * 3_600_000
const ABSOLUTE_MS = 24 * 3_600_000
const HASH_BYTES = 32
// Both are prime and divide neither number, so that the steps visit rows far apart and none twice.
const USER_STEP = 7_919
const SESSION_STEP = 30_011

/** How long the statements of signing in and of reading a session take, one at a time, through the program's driver. */
export async function measureStatements(databaseUrl: string, signal: AbortSignal): Promise<StatementRow[]> {
  await using opened = new AsyncDisposableStack()
  const database = openPostgres({ url: databaseUrl, poolSize: 1 })
  opened.defer(() => database.close())
  for (let n = 0; n < WARM_UP; n++) await visit(database, n, emptyDurations())
  const durations = emptyDurations()
  for (let n = 0; n < RUNS; n++) {
    signal.throwIfAborted()
    await visit(database, n, durations)
  }
  await flush(database, durations.flush)
  return [
    { statement: 'find credentials', ...timesOf(durations.credentials) },
    { statement: 'insert sign-in', ...timesOf(durations.signIn) },
    { statement: 'insert token', ...timesOf(durations.token) },
    { statement: 'start a sign-in, whole transaction', ...timesOf(durations.transaction) },
    { statement: 'find principal, the L3 read', ...timesOf(durations.principal) },
    { statement: 'end sign-in', ...timesOf(durations.end) },
    { statement: `write last use of ${FLUSHED}`, ...timesOf(durations.flush) },
  ]
}

type Durations = ReturnType<typeof emptyDurations>

function emptyDurations() {
  const none = (): number[] => []
  return {
    credentials: none(),
    signIn: none(),
    token: none(),
    transaction: none(),
    principal: none(),
    end: none(),
    flush: none(),
  }
}

/** One person signs in and out again, and somebody else's session is read in between. */
async function visit(database: Database, n: number, durations: Durations): Promise<void> {
  const login = loginOf(((n * USER_STEP) % USERS) + 1)
  const [person] = await timed(durations.credentials, () => database.query(FIND_CREDENTIALS, login))
  if (person === undefined) throw new OperatorError(`The database of the bench has no ${login}.`)
  const id = await timed(durations.transaction, () => start(database, person, durations))
  const hash = tokenHashOf(((n * SESSION_STEP) % SESSIONS) + 1)
  const [principal] = await timed(durations.principal, () => database.query(FIND_PRINCIPAL, hash))
  if (principal?.roles.length !== 1) throw new OperatorError('The database of the bench lacks a session with its role.')
  await timed(durations.end, () => database.query(END_SIGN_IN, id, 'signed_out'))
}

function start(
  database: Database,
  person: { id: string; session_epoch: number },
  durations: Durations,
): Promise<string> {
  const factors = JSON.stringify({ password: Date.now() })
  return database.transaction(async (tx) => {
    const [row] = await timed(durations.signIn, () =>
      tx.query(INSERT_SIGN_IN, person.id, person.session_epoch, factors, IDLE_MS, ABSOLUTE_MS, '192.0.2.1', 'browser'),
    )
    if (row === undefined) throw new OperatorError('The database of the bench took no sign-in.')
    await timed(durations.token, () => tx.query(INSERT_TOKEN, randomBytes(HASH_BYTES), row.id, null, factors))
    return row.id
  })
}

async function flush(database: Database, durations: number[]): Promise<void> {
  const rows = await database.query(LIST_SIGN_INS, null, FLUSHED)
  const ids = rows.map((row) => row.id)
  const ages = ids.map((_, index) => index)
  for (let turn = 0; turn < FLUSHES; turn++) await timed(durations, () => database.query(TOUCH_SIGN_INS, ids, ages))
}
