import type { PasswordFit } from '../credentials/password.ts'
import type { Log } from '../observe/log.ts'
import type { Queryable } from '../store/database.ts'
import { upgradePassword } from '../users/users.ts'

/** Whoever has just proven a password, with the hash that it was proven by. */
interface Prover {
  readonly id: string
  readonly password_hash: string | null
}

/** Keeps a proven password as new ones are kept. Nobody waits for it: what fails is done at the next sign-in. */
export async function keepUpgraded(
  { database, log }: { readonly database: Queryable; readonly log: Pick<Log, 'info'> },
  { id: userId, password_hash: oldHash }: Prover,
  upgrade: NonNullable<PasswordFit['upgrade']>,
): Promise<void> {
  try {
    if (oldHash !== null) await upgradePassword(database, userId, oldHash, await upgrade())
  } catch (error) {
    log.info({ userId, err: error }, 'a password is not hashed anew yet')
  }
}
