import { recordChange } from '../store/changes.ts'
import type { Queryable } from '../store/database.ts'
import { ADD_IMPORTED_ROLES, FIND_TAKEN, INSERT_IMPORTED, UPDATE_IMPORTED } from './import-table.ts'
import type { TakenRow } from './import-table.ts'
import type { ImportFault, ImportedUser } from './imported-user.ts'
import { canonical, profileFaults } from './profile.ts'
import { LIST_UNKNOWN_ROLES, RAISE_AUTHZ_EPOCH } from './users-table.ts'

/** What is done with somebody who is there already: left as he is, or made as the file says. */
export type OnConflict = 'skip' | 'update'

/** How many were made, changed and left as they were, and why the others were not. */
export interface ImportOutcome {
  readonly created: number
  readonly updated: number
  readonly skipped: number
  readonly refused: readonly ImportFault[]
}

/** Somebody with login and address as they are stored. */
type Canonical = ImportedUser & { readonly name: string; readonly hasName: boolean }

/**
 * Takes people over, in the caller's transaction, each whole or not at all. With `update` nobody loses a role, nobody is
 * enabled, and a password that was set or used here stays.
 */
export async function importUsers(
  tx: Queryable,
  users: readonly ImportedUser[],
  onConflict: OnConflict,
): Promise<ImportOutcome> {
  const named = users.map((user): Canonical => {
    const login = canonical(user.login)
    return {
      ...user,
      login,
      email: canonical(user.email),
      name: user.name?.trim() ?? login,
      hasName: user.name !== null,
    }
  })
  const { right, refused } = await sortOut(tx, named)
  const taken = await tx.query(
    FIND_TAKEN,
    right.map(({ login }) => login),
    right.map(({ email }) => email),
  )
  const byLogin = new Map(taken.map((row) => [row.login, row]))
  const byEmail = new Map(taken.map((row) => [row.email, row]))
  const places = right.map((user) => ({ user, place: placeOf(user, byLogin, byEmail) }))
  const fresh = places.flatMap(({ user, place }) => (place === 'free' ? [user] : []))
  const known = places.flatMap(({ user, place }) => (typeof place === 'object' ? [{ user, id: place.id }] : []))
  const created = await createAll(tx, fresh)
  const updated = onConflict === 'skip' ? 0 : await updateAll(tx, known)
  const lost = fresh.filter(({ login }) => !created.has(login))
  const clashing = places.flatMap(({ user, place }) => (place === 'address_taken' ? [user] : []))
  return {
    created: created.size,
    updated,
    skipped: known.length - updated,
    refused: [...refused, ...[...lost, ...clashing].map(addressTaken)].toSorted((one, other) => one.line - other.line),
  }
}

async function sortOut(
  tx: Queryable,
  users: readonly Canonical[],
): Promise<{ right: Canonical[]; refused: ImportFault[] }> {
  const unknown = await tx.query(LIST_UNKNOWN_ROLES, [...new Set(users.flatMap(({ roles }) => roles))])
  const unknownRoles = new Set(unknown.map(({ name }) => name))
  const faults = users.map((user) => faultOf(user, unknownRoles))
  return {
    right: users.filter((_, index) => faults[index] === null),
    refused: faults.filter((fault) => fault !== null),
  }
}

function faultOf(
  { line, login, email, name, roles }: Canonical,
  unknownRoles: ReadonlySet<string>,
): ImportFault | null {
  const faults = Object.entries(profileFaults({ login, email, name }))
  const unknown = roles.filter((role) => unknownRoles.has(role))
  const sentences = [
    ...faults.map(([field, sentence]) => `${field}: ${sentence}`),
    ...(unknown.length > 0 ? [`roles: The policy defines no role ${unknown.join(', ').slice(0, 200)}.`] : []),
  ]
  return sentences.length === 0 ? null : { line, sentence: sentences.join(' ') }
}

type Taken = ReadonlyMap<string, TakenRow>

function placeOf({ login, email }: Canonical, byLogin: Taken, byEmail: Taken): TakenRow | 'free' | 'address_taken' {
  const owner = byEmail.get(email)
  return owner !== undefined && owner.login !== login ? 'address_taken' : (byLogin.get(login) ?? 'free')
}

function addressTaken({ line }: Canonical): ImportFault {
  return { line, sentence: 'email: Somebody has this address already.' }
}

/** @returns the logins of those who were made */
async function createAll(tx: Queryable, users: readonly Canonical[]): Promise<ReadonlySet<string>> {
  if (users.length === 0) return new Set()
  const rows = await tx.query(
    INSERT_IMPORTED,
    users.map(({ login }) => login),
    users.map(({ email }) => email),
    users.map(({ name }) => name),
    users.map(({ hash }) => hash),
    users.map(({ disabled }) => disabled),
    users.map(({ mustChangePassword }) => mustChangePassword),
  )
  const ids = new Map(rows.map(({ login, id }) => [login, id]))
  await addRoles(
    tx,
    users.flatMap(({ login, roles }) => {
      const id = ids.get(login)
      return id === undefined ? [] : [{ id, roles }]
    }),
  )
  return new Set(ids.keys())
}

/** @returns how many of them are no longer what they were */
async function updateAll(tx: Queryable, known: readonly { user: Canonical; id: string }[]): Promise<number> {
  if (known.length === 0) return 0
  const rows = await tx.query(
    UPDATE_IMPORTED,
    known.map(({ id }) => id),
    known.map(({ user }) => user.email),
    known.map(({ user: { name, hasName } }) => (hasName ? name : null)),
    known.map(({ user }) => user.hash),
    known.map(({ user }) => user.disabled),
    known.map(({ user }) => user.mustChangePassword),
  )
  const changed = new Set(rows.map(({ id }) => id))
  const promoted = await addRoles(
    tx,
    known.map(({ id, user }) => ({ id, roles: user.roles })),
  )
  for (const id of promoted) if (!changed.has(id)) await tx.query(RAISE_AUTHZ_EPOCH, id)
  const all = new Set([...changed, ...promoted])
  for (const id of all) await recordChange(tx, { user: id })
  return all.size
}

/** @returns the ids of those who hold a role more */
async function addRoles(
  tx: Queryable,
  holders: readonly { id: string; roles: readonly string[] }[],
): Promise<ReadonlySet<string>> {
  const pairs = holders.flatMap(({ id, roles }) => roles.map((role) => ({ id, role })))
  if (pairs.length === 0) return new Set()
  const rows = await tx.query(
    ADD_IMPORTED_ROLES,
    pairs.map(({ id }) => id),
    pairs.map(({ role }) => role),
  )
  return new Set(rows.map(({ user_id: id }) => id))
}
