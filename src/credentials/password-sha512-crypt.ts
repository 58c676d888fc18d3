import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { equalSecrets } from '../lib/secrets.ts'
import { readNumber } from './password-scheme.ts'
import type { PasswordScheme } from './password-scheme.ts'
import type { ShaCryptWork } from './sha512-crypt-thread.ts'

const PATTERN = /^\$6\$(?:rounds=(\d+)\$)?([^$:\n]{0,16})\$([./0-9A-Za-z]{86})$/
const DEFAULT_ROUNDS = 5_000
/** Twice passlib's; 3.8 s a check. */
const MAX_ROUNDS = 1_500_000

interface Parts {
  readonly rounds: number
  readonly salt: string
  readonly key: string
}

/** The `$6$` hashes of Unix and of old Authelia files. */
export const SHA512_CRYPT: PasswordScheme = {
  name: 'sha512-crypt',
  begins: ['$6$'],
  fault: (hash) =>
    partsOf(hash) === null
      ? `This is no sha512-crypt hash as $6$rounds=50000$salt$key with 1000 to ${MAX_ROUNDS} rounds.`
      : null,
  async verify(hash, password) {
    const parts = partsOf(hash)
    if (parts === null) return false
    const { salt, rounds, key } = parts
    return equalSecrets(await cryptAside({ password, salt: Buffer.from(salt), rounds }), key)
  },
}

/** In a thread of its own: what node has no function for would hold up everybody else for as long as it takes. */
async function cryptAside(work: ShaCryptWork): Promise<string> {
  const thread = new Worker(new URL('./sha512-crypt-thread.ts', import.meta.url), { workerData: work })
  try {
    const [text] = (await once(thread, 'message')) as [string]
    return text
  } finally {
    await thread.terminate()
  }
}

function partsOf(hash: string): Parts | null {
  const [, roundsText, salt, key] = PATTERN.exec(hash) ?? []
  const rounds = roundsText === undefined ? DEFAULT_ROUNDS : readNumber(roundsText, 1_000, MAX_ROUNDS)
  return salt === undefined || key === undefined || rounds === null ? null : { rounds, salt, key }
}
