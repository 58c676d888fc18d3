import { mayChange, getUser } from '../administration/users.ts'
import { listFactors } from '../administration/factors.ts'
import type { UserFactors } from '../administration/factors.ts'
import { listGrants } from '../administration/grants.ts'
import { listSessions } from '../administration/sessions.ts'
import { listTokens } from '../administration/tokens.ts'
import { ownEvents } from '../audit/own-events.ts'
import type { EventRow } from '../audit/search-table.ts'
import type { DeviceRow } from '../limits/devices-table.ts'
import type { ApiTokenRow } from '../sessions/api-tokens-table.ts'
import type { PagedSignInRow } from '../sessions/page-table.ts'
import type { GrantRow } from '../users/grants-table.ts'
import { heldRoles } from '../users/held-roles.ts'
import type { HeldRole } from '../users/held-roles.ts'
import type { UserRow } from '../users/users-table.ts'
import type { ConsoleRequest } from './console.ts'
import { givableRoles } from './user-parts.ts'
import type { PeopleParts } from './user-parts.ts'

/** What one person's page tells; null for what its visitor may not see. */
export interface UserFacts {
  readonly user: UserRow
  readonly held: readonly HeldRole[]
  readonly grants: readonly GrantRow[]
  readonly factors: UserFactors
  readonly tokens: readonly ApiTokenRow[]
  readonly sessions: readonly PagedSignInRow[] | null
  readonly devices: readonly DeviceRow[] | null
  readonly events: readonly EventRow[] | null
  /** Whether the visitor holds all that this person does. */
  readonly isWithinReach: boolean
  /** Names of the roles that the visitor may give and take. */
  readonly givable: readonly string[]
}

/** For how many days the page tells what happened. */
export const EVENT_DAYS = 90

const MOST = 50
const MOST_EVENTS = 20
const DAY_MS = 86_400_000

/** @throws PosternError `unknown_user` */
export async function readUser(
  parts: PeopleParts,
  { console, visitor }: Pick<ConsoleRequest, 'console' | 'visitor'>,
  login: string,
): Promise<UserFacts> {
  const { database, devices } = parts
  const user = await getUser(parts, login)
  const seesSessions = console.may('postern.sessions:read')
  const since = new Date(Date.now() - EVENT_DAYS * DAY_MS)
  const wish = { userId: user.id, login, since, limit: MOST_EVENTS, cursor: null }
  return {
    user,
    held: await heldRoles(database, user.id),
    grants: (await listGrants(parts, { login, holds: true, limit: MOST })).items,
    factors: await listFactors(parts, login),
    tokens: await listTokens(parts, { login }),
    sessions: seesSessions ? (await listSessions(parts, { login, limit: MOST })).items : null,
    devices: seesSessions ? await devices.list(database, user.id) : null,
    events: console.may('postern.audit:read') ? (await ownEvents(database, wish)).events : null,
    isWithinReach: mayChange(parts, visitor.principal, user),
    givable: givableRoles(parts, visitor),
  }
}
