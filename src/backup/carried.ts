import type { TableRow } from './tables-table.ts'

/** Tables that a backup leaves out, and why. Of `one_time_tokens` it has invitations alone, of devices not their trust. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  changes: 'tells running processes what they must read anew; none runs across a restore',
  database_identity: 'a restored database is another one, so that what Redis holds of the first is not believed',
  sessions: 'a restore ends every sign-in: those that ended after the backup must not live again',
  session_tokens: 'belong to sign-ins',
  mail_outbox: 'would be sent twice',
  idempotency_keys: 'hold for a day what was answered, to requests that the restored database never had',
}

/**
 * The tables of a backup, each after those that it refers to.
 * @throws Error where two refer to each other
 */
export function carriedTables(all: readonly TableRow[]): TableRow[] {
  const left = all.filter(({ name }) => !Object.hasOwn(LEFT_OUT, name))
  const ordered: TableRow[] = []
  while (left.length > 0) {
    const next = left.findIndex(({ refers }) => !left.some(({ name }) => refers.includes(name)))
    if (next === -1) throw new Error(`These tables refer to each other: ${left.map(({ name }) => name).join(', ')}.`)
    ordered.push(...left.splice(next, 1))
  }
  return ordered
}
