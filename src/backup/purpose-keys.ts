import { OperatorError } from '../errors.ts'
import { decrypt, encrypt } from '../lib/aead.ts'
import { deriveKey } from '../lib/key-ring.ts'

/** The table whose rows are no use to whoever has not what wraps them. */
export const KEYS_TABLE = 'keys'
const BYTEA = /^\\x((?:[0-9a-f]{2})*)$/

/** Wraps a purpose key anew, in a row of `auth.keys` as a backup has it. */
export type Rewrap = (columns: readonly string[], line: string) => string

/**
 * From the operator's secrets to the key of a backup.
 * @throws OperatorError for a key that none of the secrets opens
 */
export function rewrapForBackup(secrets: readonly string[], backupKey: Buffer): Rewrap {
  const wrappers = secrets.map((secret) => deriveKey(secret, 'key wrapping'))
  return rewrap((purpose, wrapped) => {
    const bytes = wrappers.map((wrapper) => decrypt(wrapper, purpose, wrapped)).find((opened) => opened !== null)
    if (bytes === undefined)
      throw new OperatorError(
        'POSTERN_SECRET_KEY does not open the keys in this database: set the one that it runs with.',
      )
    return encrypt(backupKey, purpose, bytes)
  })
}

/** From the key of a backup to the operator's secret, which may be another than the backup was made with. */
export function rewrapForDatabase(backupKey: Buffer, secrets: readonly string[]): Rewrap {
  const [secret] = secrets
  if (secret === undefined) throw new Error('no secret to wrap keys with')
  const wrapper = deriveKey(secret, 'key wrapping')
  return rewrap((purpose, wrapped) => encrypt(wrapper, purpose, openPurposeKey(backupKey, purpose, wrapped)))
}

/** The purpose keys that rows of `auth.keys` hold. */
export function readPurposeKeys(
  backupKey: Buffer,
  columns: readonly string[],
  lines: readonly string[],
): { readonly id: number; readonly purpose: string; readonly bytes: Buffer }[] {
  return lines.map((line) => {
    const { cells, purpose, wrapped } = readRow(columns, line)
    const bytes = openPurposeKey(backupKey, Buffer.from(purpose), wrapped)
    return { id: Number(cells[columns.indexOf('id')]), purpose, bytes }
  })
}

function openPurposeKey(backupKey: Buffer, purpose: Buffer, wrapped: Buffer): Buffer {
  const bytes = decrypt(backupKey, purpose, wrapped)
  if (bytes === null) throw new Error('a purpose key of this backup does not open')
  return bytes
}

function rewrap(wrapAnew: (purpose: Buffer, wrapped: Buffer) => Buffer): Rewrap {
  return (columns, line) => {
    const { cells, purpose, wrapped } = readRow(columns, line)
    const anew = `\\x${wrapAnew(Buffer.from(purpose), wrapped).toString('hex')}`
    return JSON.stringify(cells.with(columns.indexOf('wrapped_key'), anew))
  }
}

function readRow(columns: readonly string[], line: string) {
  const cells = JSON.parse(line) as (string | null)[]
  const purpose = cells[columns.indexOf('purpose')]
  const hex = BYTEA.exec(cells[columns.indexOf('wrapped_key')] ?? '')?.[1]
  if (typeof purpose !== 'string' || hex === undefined) throw new Error('a row of auth.keys is none')
  return { cells, purpose, wrapped: Buffer.from(hex, 'hex') }
}
