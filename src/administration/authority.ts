import type { AuditEvent } from '../audit/events.ts'
import { PosternError } from '../errors.ts'
import { OWN_PERMISSIONS, OWN_PREFIX } from '../lib/permissions.ts'
import type { OwnPermission } from '../lib/permissions.ts'
import type { CompiledPolicy } from '../policies/compile.ts'
import { holdsPermission } from '../policies/holds.ts'
import { ADMIN_ROLE } from '../policies/policy.ts'
import type { Policies } from '../policies/policies.ts'
import { voidLinks } from '../recovery/user-links.ts'
import type { Queryable } from '../store/database.ts'
import { heldRoles } from '../users/held-roles.ts'
import { LIST_HOLDERS_OF_ANY, LIST_ROLES_OF } from '../users/users-table.ts'
import type { Doer } from './parts.ts'

/** Permissions of Postern, and for administrators the name of their role: what it lets do is more than their sum. */
export type Powers = ReadonlySet<string>

type Roles = Pick<CompiledPolicy, 'roles'>
interface AuthorityParts {
  readonly policies: Pick<Policies, 'current'>
}

const ALL = Object.keys(OWN_PERMISSIONS) as OwnPermission[]

/** What somebody with these roles may do of Postern itself under a policy. */
export function powersOf(policy: Roles, roles: readonly string[]): Powers {
  const own = roles.flatMap((role) => (role === ADMIN_ROLE ? [ADMIN_ROLE, ...ALL] : (policy.roles.get(role) ?? [])))
  return new Set(own.filter((name) => name === ADMIN_ROLE || name.startsWith(OWN_PREFIX)))
}

/** What a doer may do of it, which for an API token is what its scope names and never an administrator's whole. */
export function powersOfDoer(policy: Roles, doer: Doer): Powers {
  if (doer === null) return powersOf(policy, [ADMIN_ROLE])
  if (doer.via === undefined) return powersOf(policy, doer.roles)
  return new Set(ALL.filter((permission) => holdsPermission(policy, doer, permission)))
}

/** True where somebody may act on whoever has these roles, or give them: who holds more is left alone. */
export function reaches(policy: Roles, doer: Doer, roles: readonly string[]): boolean {
  const powers = powersOfDoer(policy, doer)
  return [...powersOf(policy, roles)].every((power) => powers.has(power))
}

/**
 * The one guard of what is done to people: nobody acts on who holds more of Postern than himself. Call it in the
 * transaction of the change: the doer's roles are those of now, not those of when the request came.
 * @throws PosternError `holds_more`
 */
export async function refuseHigher(parts: AuthorityParts, tx: Queryable, doer: Doer, userId: string): Promise<void> {
  if (doer === null) return
  const target = await heldBy(tx, userId, false)
  if (!reaches(parts.policies.current(), await asOfNow(tx, doer), target)) throw new PosternError('holds_more')
}

/**
 * The same of what is given: nobody gives what he doesn't hold himself for as long, or a grant would outlive its end.
 * @param until left out for what is given for good
 * @throws PosternError `not_yours_to_give`
 */
export async function refuseGiving(
  parts: AuthorityParts,
  tx: Queryable,
  doer: Doer,
  roles: readonly string[],
  until?: Date,
): Promise<void> {
  if (doer === null || roles.length === 0) return
  const lasting = await asLongAs(tx, doer, until)
  if (!reaches(parts.policies.current(), lasting, roles)) throw new PosternError('not_yours_to_give')
}

/** What is taken back he only has to hold now. @throws PosternError `not_yours_to_give` */
export async function refuseTaking(
  parts: AuthorityParts,
  tx: Queryable,
  doer: Doer,
  roles: readonly string[],
): Promise<void> {
  if (doer === null || roles.length === 0) return
  if (!reaches(parts.policies.current(), await asOfNow(tx, doer), roles)) throw new PosternError('not_yours_to_give')
}

/** A doer with those of his roles that last until a moment, or without one are his for good. */
export async function asLongAs<D extends NonNullable<Doer>>(tx: Queryable, doer: D, until?: Date): Promise<D> {
  const { roles, ...now } = await asOfNow(tx, doer)
  const lasting = (await heldRoles(tx, doer.userId)).filter(
    ({ endsAt }) => endsAt === null || (until !== undefined && endsAt >= until),
  )
  return { ...doer, ...now, roles: roles.filter((role) => lasting.some(({ name }) => name === role)) }
}

/** Ids of everybody who holds more than a doer, whom nothing that he does to many at once may touch. */
export async function listHigher({ policies }: AuthorityParts, database: Queryable, doer: Doer): Promise<string[]> {
  if (doer === null) return []
  const policy = policies.current()
  const now = await asOfNow(database, doer)
  const beyond = [...policy.roles.keys(), ADMIN_ROLE].filter((role) => !reaches(policy, now, [role]))
  return (await database.query(LIST_HOLDERS_OF_ANY, beyond)).map(({ id }) => id)
}

/**
 * Voids reset links of somebody who rises: whoever made one for him before may hold less than he does from now on.
 * @param roles that are given
 */
export async function voidLinksOnRise(
  { policies }: AuthorityParts,
  tx: Queryable,
  userId: string,
  roles: readonly string[],
): Promise<void> {
  if (powersOf(policies.current(), roles).size > 0) await voidLinks(tx, userId, 'reset')
}

/** A doer with the roles that are his now; none of whoever was disabled or deleted meanwhile. */
export async function asOfNow<D extends NonNullable<Doer>>(tx: Queryable, doer: D): Promise<D> {
  return { ...doer, roles: await heldBy(tx, doer.userId, true) }
}

/** Who goes into the record. */
export function actorOf(doer: Doer): AuditEvent['actor'] {
  return doer === null ? null : { userId: doer.userId, login: doer.login }
}

async function heldBy(tx: Queryable, userId: string, onlyEnabled: boolean): Promise<string[]> {
  return (await tx.query(LIST_ROLES_OF, userId, onlyEnabled)).map(({ name }) => name)
}
