import { createHmac, randomBytes } from 'node:crypto'
import { deriveKey } from '../lib/key-ring.ts'
import type { KeyRing } from '../lib/key-ring.ts'
import type { Queryable } from '../store/database.ts'
import { LOCK_FACTORS } from './own-factors-table.ts'
import * as table from './recovery-codes-table.ts'

/** How many are made at a time. */
export const RECOVERY_CODES = 10
/** With so many left or fewer it is time for new ones. */
export const FEW_RECOVERY_CODES = 3

/** 80 bits: nobody guesses one, whatever the rate. */
const CODE_BYTES = 10
/** Crockford's Base32, where nothing looks like something else. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const CODE = new RegExp(`^[${ALPHABET}]{16}$`)
const MAX_TYPED_CHARACTERS = 64

/**
 * Makes ten codes in the place of all that were there before.
 * @returns them as people copy them, such as `7KQ2-M0VN-XXPD-3HTA`; nobody can tell them again
 */
export async function renewRecoveryCodes(tx: Queryable, keys: KeyRing, userId: string): Promise<readonly string[]> {
  const codes = Array.from({ length: RECOVERY_CODES }, () => writeCode(randomBytes(CODE_BYTES)))
  const key = hashKey(keys.minting.bytes)
  await tx.query(LOCK_FACTORS, userId)
  await tx.query(table.DELETE_RECOVERY_CODES, userId)
  await tx.query(
    table.INSERT_RECOVERY_CODES,
    userId,
    codes.map((code) => hashCode(key, userId, code)),
  )
  return codes.map((code) => code.replace(/(.{4})(?=.)/g, '$1-'))
}

/** As `Factors.proveRecovery`: letter case, dashes and blanks don't matter, and O counts as 0, I and L as 1. */
export async function proveRecovery(tx: Queryable, keys: KeyRing, userId: string, typed: string): Promise<boolean> {
  const code = readCode(typed)
  const hashes = [...keys.byId.values()].map(({ bytes }) => hashCode(hashKey(bytes), userId, code))
  return (await tx.query(table.USE_RECOVERY_CODE, userId, hashes)).length > 0
}

/** Of what was typed, what a code could be; what none can be becomes a text that none is. */
function readCode(typed: string): string {
  if (typed.length > MAX_TYPED_CHARACTERS) return ''
  const code = typed.replace(/[\s-]/g, '').toUpperCase().replaceAll('O', '0').replace(/[IL]/g, '1')
  return CODE.test(code) ? code : ''
}

function writeCode(random: Buffer): string {
  let bits = ''
  for (const byte of random) bits += byte.toString(2).padStart(8, '0')
  return (bits.match(/.{5}/g) ?? []).map((five) => ALPHABET[Number.parseInt(five, 2)]).join('')
}

/** With a key, so that a copy of the table alone is nothing to try codes on. */
function hashCode(key: Buffer, userId: string, code: string): Buffer {
  return createHmac('sha256', key).update(`${userId}\0${code}`).digest()
}

function hashKey(bytes: Buffer): Buffer {
  return deriveKey(bytes, 'recovery codes')
}
