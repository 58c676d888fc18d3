import { sha256 } from '../audit/chain.ts'
import { publicKeysOf } from '../audit/chain-keys.ts'
import type { ReadChain, ChainPages } from '../audit/verify-source.ts'
import { BATCHES_A_PAGE, ROWS_A_PAGE } from '../audit/verify-table.ts'
import type { BatchRow, HeadRow, LogRow, RemovalRow } from '../audit/verify-table.ts'
import { createKey } from '../lib/key-ring.ts'
import type { KeyRing } from '../lib/key-ring.ts'
import { allOf, bytesIn, momentIn, rowsOf, textIn } from './backup-rows.ts'
import type { BackupRow } from './backup-rows.ts'
import type { OpenBackup } from './open-backup.ts'
import { readPurposeKeys } from './purpose-keys.ts'

type Readers = { [What in keyof ChainPages]: (given: ChainPages[What]['given']) => Promise<ChainPages[What]['page']> }

const MOST_REMOVALS = 1_000
/** What is hashed of a row, after its number; as `rowHash` of audit/chain-table.ts has it in SQL. */
const HASHED = ['event_type', 'action', 'resource', 'result', 'actor_id', 'actor_login', 'session_id', 'ip_address']
const HASHED_AFTER = ['user_agent', 'request_id', 'risk_score', 'details']

/** Reads what a record is verified by out of a backup, without a database; memory is that of some pages. */
export function readChainOfBackup(backup: OpenBackup): ReadChain {
  const rows = pager(
    () => rowsOf(backup, 'auth_audit_log'),
    (row) => Number(textIn(row, 'seq')),
    ROWS_A_PAGE,
  )
  const batches = pager(
    () => batchesOf(backup),
    ({ number }) => number,
    BATCHES_A_PAGE,
  )
  const readers: Readers = {
    keys: async () => publicKeysOf(await auditKeysOf(backup)),
    end: () => endOf(backup),
    batches: async ({ after, upTo }) => (await batches(after)).filter(({ number }) => number <= upTo),
    rows: async ({ after }) => (await rows(after)).map(logRowOf),
    heads: async ({ after }) => (await headsOf(backup)).filter(({ day }) => after === '-infinity' || day > after),
    removals: async () => (await removalsOf(backup)).slice(0, MOST_REMOVALS),
    names: async ({ seqs }) =>
      (await pick(backup, seqs)).map((row) => ({
        seq: Number(textIn(row, 'seq')),
        id: textIn(row, 'id'),
        event_type: textIn(row, 'event_type'),
        occurred_at: momentIn(row, 'occurred_at').iso,
      })),
    hashesAs: async ({ seqs, as }) =>
      (await pick(backup, seqs)).flatMap((row) =>
        as.map((other) => ({ seq: Number(textIn(row, 'seq')), as_seq: other, hash: hashRow(row, String(other)) })),
      ),
  }
  return (what, given) => readers[what](given)
}

/** Gives what comes after a number, in pages; begins anew when it is asked for what it has passed. */
function pager<T>(
  open: () => AsyncGenerator<T>,
  numberOf: (item: T) => number,
  size: number,
): (after: number) => Promise<readonly T[]> {
  let source = open()
  let ahead: T[] = []
  let passed = Number.NEGATIVE_INFINITY
  return async (after) => {
    if (after < passed) {
      source = open()
      ahead = []
    }
    passed = after
    ahead = ahead.filter((item) => numberOf(item) > after)
    while (ahead.length < size) {
      const next = await source.next()
      if (next.done === true) break
      if (numberOf(next.value) > after) ahead.push(next.value)
    }
    return [...ahead]
  }
}

async function auditKeysOf(backup: OpenBackup): Promise<KeyRing> {
  const columns = ['id', 'purpose', 'wrapped_key', 'retired_at']
  const rows = await allOf(rowsOf(backup, 'keys'))
  const own = rows.filter(({ purpose }) => purpose === 'audit')
  const lines = own.map((row) => JSON.stringify(columns.map((column) => row[column])))
  const keys = readPurposeKeys(backup.purposeKeys, columns, lines).map(({ id, bytes }) => createKey(id, bytes))
  const minting = keys[own.findIndex((row) => row['retired_at'] === null)] ?? keys.at(-1)
  if (minting === undefined) throw new Error('this backup has no key of the audit log')
  return { minting, byId: new Map(keys.map((key) => [key.id, key])) }
}

async function endOf(backup: OpenBackup): Promise<ChainPages['end']['page']> {
  let [number, hash, rows] = [0, '', 0]
  for await (const row of rowsOf(backup, 'audit_batches')) {
    number = Number(textIn(row, 'number'))
    hash = bytesIn(row, 'hash').toString('hex')
  }
  for await (const row of rowsOf(backup, 'auth_audit_log')) rows = Number(textIn(row, 'seq'))
  return [{ number, hash, rows }]
}

/** Batches with the hashes of their rows, both in the order of their numbers. */
async function* batchesOf(backup: OpenBackup): AsyncGenerator<BatchRow> {
  const hashes = rowsOf(backup, 'audit_row_hashes')
  let next = await hashes.next()
  for await (const row of rowsOf(backup, 'audit_batches')) {
    const number = Number(textIn(row, 'number'))
    while (next.done !== true && Number(textIn(next.value, 'number')) < number) next = await hashes.next()
    const own = next.done !== true && Number(textIn(next.value, 'number')) === number ? next.value : null
    yield batchOf(row, number, own === null ? null : bytesIn(own, 'hashes').toString('base64'))
  }
}

function batchOf(row: BackupRow, number: number, rowHashes: string | null): BatchRow {
  const { iso, epoch } = momentIn(row, 'sealed_at')
  return {
    number,
    form: Number(textIn(row, 'form')),
    previous_hash: bytesIn(row, 'previous_hash').toString('hex'),
    hash: bytesIn(row, 'hash').toString('hex'),
    rows: textIn(row, 'rows'),
    count: Number(textIn(row, 'count')),
    low: Number(textIn(row, 'low')),
    seen_to: Number(textIn(row, 'seen_to')),
    writers: listIn(row, 'writers'),
    rows_hash: bytesIn(row, 'rows_hash').toString('hex'),
    sealed_at: iso,
    sealed_s: Number(epoch),
    row_hashes: rowHashes,
    ...signatureIn(row),
  }
}

async function headsOf(backup: OpenBackup): Promise<HeadRow[]> {
  const rows = await allOf(rowsOf(backup, 'audit_heads'))
  return rows.map((row) => ({
    day: textIn(row, 'day'),
    number: Number(textIn(row, 'number')),
    hash: bytesIn(row, 'hash').toString('hex'),
    ...signatureIn(row),
  }))
}

/** The newest first. */
async function removalsOf(backup: OpenBackup): Promise<RemovalRow[]> {
  const rows = await allOf(rowsOf(backup, 'audit_removals'))
  return rows.toReversed().map((row) => ({
    removed_at: momentIn(row, 'removed_at').iso,
    before: momentIn(row, 'before').iso,
    removed_to: Number(textIn(row, 'removed_to')),
    kept: textIn(row, 'kept'),
    row_count: Number(textIn(row, 'row_count')),
    partitions: listIn(row, 'partitions'),
    ...signatureIn(row),
  }))
}

function logRowOf(row: BackupRow): LogRow {
  const seq = textIn(row, 'seq')
  return { seq: Number(seq), hash: hashRow(row, seq), at: Number(momentIn(row, 'occurred_at').epoch) }
}

/** Of a JSON array as PostgreSQL writes it: a blank after each comma, and what must be escaped as JSON.stringify does. */
function hashRow(row: BackupRow, seq: string): string {
  const at = momentIn(row, 'occurred_at').epoch
  const own = [...HASHED, ...HASHED_AFTER].map((column) => row[column] ?? null)
  const cells = [seq, textIn(row, 'id'), at, ...own]
  return sha256(`[${cells.map((cell) => JSON.stringify(cell)).join(', ')}]`)
}

async function pick(backup: OpenBackup, seqs: readonly number[]): Promise<BackupRow[]> {
  const wanted = new Set(seqs)
  const found: BackupRow[] = []
  for await (const row of rowsOf(backup, 'auth_audit_log')) if (wanted.has(Number(textIn(row, 'seq')))) found.push(row)
  return found
}

function signatureIn(row: BackupRow): { key_id: number; signature: string } {
  return { key_id: Number(textIn(row, 'key_id')), signature: bytesIn(row, 'signature').toString('base64') }
}

/** A `text[]` of names without commas, quotes or braces, as all of ours are. */
function listIn(row: BackupRow, column: string): string[] {
  const inner = textIn(row, column).slice(1, -1)
  return inner === '' ? [] : inner.split(',').map((item) => item.replaceAll('"', ''))
}
