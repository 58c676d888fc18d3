import type { Database } from '../../src/store/database.ts'
import type { Place } from '../place.ts'
import type { SignInMany } from './signed-in.ts'

/** What each part of the suite measures with. */
export interface Ground {
  readonly place: Place
  readonly database: Database
  readonly signInMany: SignInMany
  /** Of this part alone. */
  readonly opened: AsyncDisposableStack
  readonly signal: AbortSignal
  /** How long each measurement under load lasts. */
  readonly seconds: number
}
