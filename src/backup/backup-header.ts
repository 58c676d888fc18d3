import { createHash, randomBytes } from 'node:crypto'
import { deriveArgon2id } from '../credentials/password-argon2.ts'
import type { Argon2Cost } from '../credentials/password-argon2.ts'
import { OperatorError } from '../errors.ts'
import { deriveKey } from '../lib/key-ring.ts'
import type { ChunkKey } from './chunks.ts'

/** What a backup tells of itself before anybody gives a passphrase. Changed, nothing of it opens. */
export interface BackupFacts {
  /** Version of the program that made it. */
  readonly program: string
  /** Number of the database's last migration. */
  readonly schema: number
  /** ISO 8601, UTC. */
  readonly created: string
  /** Tells databases apart; says nothing else. */
  readonly database: string
}

export interface BackupHeader {
  readonly facts: BackupFacts
  /** As it stands at the beginning of the file. */
  readonly bytes: Buffer
  readonly cost: Argon2Cost
  readonly salt: Buffer
}

/** What a passphrase opens: the chunks, and the purpose keys that are sealed once more within them. */
export interface BackupKeys {
  readonly chunks: ChunkKey
  readonly purposeKeys: Buffer
}

export const MIN_PASSPHRASE = 12
const MAGIC = 'postern-backup 1\n'
const MAX_HEADER_BYTES = 2_048
const SALT_BYTES = 32
/** The second choice of RFC 9106, section 4, for machines that have not 2 GiB to spare. */
const COST: Argon2Cost = { memoryKib: 65_536, passes: 3, lanes: 4 }
/** A header that asks for more was not made by us, and would hold the machine up. */
const MOST: Argon2Cost = { memoryKib: 262_144, passes: 8, lanes: 8 }
/** They are shown at terminals and stand in the record: nothing else may be in them. */
const PROGRAM = /^[\w.+-]{1,64}$/
const CREATED = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z$/
const DATABASE = /^[0-9a-f]{16}$/
const NO_BACKUP = 'This is no backup of Postern, or its beginning was damaged. Try another copy of it.'

/** The beginning of a new file, with a salt of its own. */
export function writeHeader(facts: BackupFacts): BackupHeader {
  const salt = randomBytes(SALT_BYTES)
  const { memoryKib, passes, lanes } = COST
  const kdf = { name: 'argon2id', memory_kib: memoryKib, passes, lanes, salt: salt.toString('base64') }
  const bytes = Buffer.from(`${MAGIC}${JSON.stringify({ ...facts, kdf })}\n`)
  return { facts, bytes, cost: COST, salt }
}

/**
 * Reads the beginning of a file.
 * @param start the first bytes of it, 2 KiB or as many as there are
 * @throws OperatorError for what is no backup, or of a newer format
 */
export function readHeader(start: Buffer): BackupHeader {
  const [magic = ''] = start.toString('latin1').split('\n', 1)
  if (/^postern-backup \d{1,4}$/.test(magic) && `${magic}\n` !== MAGIC)
    throw new OperatorError(
      'This backup has a format that this version does not know. Restore it with a newer Postern.',
    )
  const end = start.indexOf('\n', MAGIC.length)
  if (`${magic}\n` !== MAGIC || end === -1 || end >= MAX_HEADER_BYTES) throw new OperatorError(NO_BACKUP)
  const bytes = start.subarray(0, end + 1)
  const found = factsOf(parse(bytes.subarray(MAGIC.length).toString()))
  if (found === null) throw new OperatorError(NO_BACKUP)
  return { ...found, bytes }
}

/** Takes about 0.2 s and 64 MiB. @param passphrase of at least 12 characters */
export async function deriveBackupKeys(passphrase: string, { bytes, cost, salt }: BackupHeader): Promise<BackupKeys> {
  const secret = await deriveArgon2id(passphrase.normalize('NFC'), salt, cost)
  const aad = createHash('sha256').update(bytes).digest()
  return {
    chunks: { key: deriveKey(secret, 'backup chunks'), aad },
    purposeKeys: deriveKey(secret, 'backup purpose keys'),
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}

function factsOf(given: unknown): Omit<BackupHeader, 'bytes'> | null {
  const { program, schema, created, database, kdf } = fieldsOf(given)
  const { name, memory_kib: memoryKib, passes, lanes, salt } = fieldsOf(kdf)
  if (!isText(program, PROGRAM) || !isText(created, CREATED) || !isText(database, DATABASE)) return null
  if (!isWithin(schema, 9_999) || Number.isNaN(Date.parse(created)) || name !== 'argon2id') return null
  if (!isWithin(memoryKib, MOST.memoryKib) || !isWithin(passes, MOST.passes) || !isWithin(lanes, MOST.lanes))
    return null
  const saltBytes = Buffer.from(typeof salt === 'string' ? salt : '', 'base64')
  if (saltBytes.length !== SALT_BYTES || memoryKib < 8 * lanes) return null
  return { facts: { program, schema, created, database }, cost: { memoryKib, passes, lanes }, salt: saltBytes }
}

function fieldsOf(given: unknown): Readonly<Record<string, unknown>> {
  return typeof given === 'object' && given !== null ? { ...given } : {}
}

function isText(value: unknown, form: RegExp): value is string {
  return typeof value === 'string' && form.test(value)
}

function isWithin(value: unknown, most: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= most
}
