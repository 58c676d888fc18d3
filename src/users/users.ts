import { OperatorError } from '../errors.ts'
import { recordChange } from '../store/changes.ts'
import { isUniqueViolation } from '../store/database.ts'
import type { Queryable } from '../store/database.ts'
import { canonical, profileFaults } from './profile.ts'
import type { Profile } from './profile.ts'
import * as table from './users-table.ts'

const PAGE_SIZE = 1_000

/** As many as anybody may be made to compare a new password with, the current one among them. */
export const MAX_PASSWORD_HISTORY = 24

/** A hash and the pepper key that went into it, as `credentials` made them; without a key it was imported. */
interface PasswordColumns {
  readonly hash: string
  readonly pepperKeyId: number | null
}

export interface NewUser extends Profile {
  readonly roles: readonly string[]
  readonly password: PasswordColumns | null
}

/** Why a user can't be written: for each field at fault a sentence for the person who filled it in. */
export class UserFieldsError extends OperatorError {
  readonly fields: Readonly<Record<string, string>>

  constructor(fields: Readonly<Record<string, string>>) {
    super(
      Object.entries(fields)
        .map(([field, sentence]) => `${field}: ${sentence}`)
        .join(' '),
    )
    this.name = 'UserFieldsError'
    this.fields = fields
  }
}

/** Nobody has a login that was named. */
export class UnknownUserError extends OperatorError {
  override readonly name = 'UnknownUserError'
}

/** What was asked would leave nobody who administers. */
export class LastHolderError extends OperatorError {
  override readonly name = 'LastHolderError'
}

/**
 * Adds a user with roles; call it in a transaction. Login and e-mail are made lower-case.
 * @returns the user's id
 * @throws UserFieldsError for bad or taken values and for roles that the policy doesn't define
 */
export async function createUser(tx: Queryable, user: NewUser): Promise<string> {
  const profile = { login: canonical(user.login), email: canonical(user.email), name: user.name.trim() }
  refuseFaults(profileFaults(profile))
  await refuseUnknownRoles(tx, user.roles)
  const { hash = null, pepperKeyId = null } = user.password ?? {}
  const [row] = await uniquely(
    tx.query(table.INSERT_USER, profile.login, profile.email, profile.name, hash, pepperKeyId),
  )
  const { id } = existing(row, profile.login)
  if (user.roles.length > 0) await tx.query(table.ADD_ROLES, id, user.roles)
  return id
}

/** Changes e-mail address or name; what is left out stays. @throws UserFieldsError, OperatorError for an unknown login */
export async function editUser(tx: Queryable, login: string, change: Partial<Omit<Profile, 'login'>>): Promise<string> {
  const email = change.email === undefined ? undefined : canonical(change.email)
  const name = change.name?.trim()
  refuseFaults(profileFaults({ ...(email !== undefined && { email }), ...(name !== undefined && { name }) }))
  const [row] = await uniquely(tx.query(table.UPDATE_PROFILE, canonical(login), email ?? null, name ?? null))
  return changed(tx, existing(row, login).id)
}

/** Gives and takes roles; call it in a transaction. @throws UserFieldsError for roles that the policy doesn't define */
export async function changeRoles(
  tx: Queryable,
  login: string,
  change: { add: readonly string[]; remove: readonly string[] },
): Promise<string> {
  await refuseUnknownRoles(tx, change.add)
  const { id } = await getUser(tx, login)
  await tx.query(table.REMOVE_ROLES, id, change.remove)
  await tx.query(table.ADD_ROLES, id, change.add)
  await tx.query(table.RAISE_AUTHZ_EPOCH, id)
  return changed(tx, id)
}

/**
 * Sets the password and ends every sign-in of that user; the one before goes into the history.
 * @param mustChange whether its owner is to choose another at the next sign-in; false unless told
 */
export async function setPassword(
  tx: Queryable,
  login: string,
  { hash, pepperKeyId }: PasswordColumns,
  mustChange = false,
): Promise<string> {
  const [row] = await tx.query(
    table.UPDATE_PASSWORD,
    canonical(login),
    hash,
    pepperKeyId,
    mustChange,
    MAX_PASSWORD_HISTORY,
  )
  return changed(tx, existing(row, login).id)
}

/**
 * Keeps the same password in another way: hashed with today's parameters and pepper. No sign-in ends.
 * @param oldHash what it replaces; false when that isn't there any more
 */
export async function upgradePassword(
  database: Queryable,
  userId: string,
  oldHash: string,
  { hash, pepperKeyId }: PasswordColumns,
): Promise<boolean> {
  const rows = await database.query(table.UPGRADE_PASSWORD, userId, oldHash, hash, pepperKeyId)
  return rows.length > 0
}

/** Has somebody choose another password at the next sign-in, or no longer. */
export async function setMustChangePassword(tx: Queryable, login: string, mustChange: boolean): Promise<string> {
  const [row] = await tx.query(table.SET_MUST_CHANGE_PASSWORD, canonical(login), mustChange)
  return changed(tx, existing(row, login).id)
}

/** Whether somebody is to choose another password before the next sign-in; call it in the sign-in's transaction. */
export async function mustChangePassword(tx: Queryable, userId: string): Promise<boolean> {
  const [row] = await tx.query(table.FIND_MUST_CHANGE_PASSWORD, userId)
  return row?.must_change_password === true
}

/** The current password and those before it, at most so many. */
export async function listPasswords(database: Queryable, userId: string, most: number): Promise<PasswordColumns[]> {
  const rows = await database.query(table.LIST_PASSWORDS, userId, most)
  return rows.map(({ password_hash: hash, pepper_key_id: pepperKeyId }) => ({ hash, pepperKeyId }))
}

/** Keeps somebody out and ends every sign-in; may be repeated. */
export async function disableUser(tx: Queryable, login: string): Promise<string> {
  const [row] = await tx.query(table.DISABLE_USER, canonical(login))
  return changed(tx, existing(row, login).id)
}

export async function enableUser(tx: Queryable, login: string): Promise<string> {
  const [row] = await tx.query(table.ENABLE_USER, canonical(login))
  return changed(tx, existing(row, login).id)
}

/** Removes somebody with sign-ins and role assignments. */
export async function deleteUser(tx: Queryable, login: string): Promise<string> {
  const [row] = await tx.query(table.DELETE_USER, canonical(login))
  return changed(tx, existing(row, login).id)
}

/** @throws UnknownUserError when nobody has this login */
export async function getUser(database: Queryable, login: string): Promise<table.UserRow> {
  const [row] = await database.query(table.FIND_USER, canonical(login))
  return existing(row, login)
}

/** Everybody, by login. */
export async function listUsers(database: Queryable): Promise<table.UserRow[]> {
  const all: table.UserRow[] = []
  for (;;) {
    const page = await database.query(table.LIST_USERS, all.at(-1)?.login ?? '', PAGE_SIZE)
    all.push(...page)
    if (page.length < PAGE_SIZE) return all
  }
}

/** Who may be trying to sign in, by login or e-mail address; null when nobody fits. */
export async function findCredentials(database: Queryable, loginOrEmail: string): Promise<table.CredentialRow | null> {
  const [row] = await database.query(table.FIND_CREDENTIALS, canonical(loginOrEmail))
  return row ?? null
}

export async function hasUsers(database: Queryable): Promise<boolean> {
  const [row] = await database.query(table.COUNT_USERS)
  return (row?.count ?? 0) > 0
}

/** @throws LastHolderError when nobody would be left who holds the role */
export async function refuseLastHolder(tx: Queryable, role: string, login: string): Promise<void> {
  const holders = await tx.query(table.LIST_HOLDERS, role)
  if (holders.length !== 1 || holders[0]?.login !== canonical(login)) return
  const advice = `Give the role ${role} to somebody else first, or repeat the command with --yes.`
  throw new LastHolderError(`${canonical(login)} is the last administrator. ${advice}`)
}

async function changed(tx: Queryable, userId: string): Promise<string> {
  await recordChange(tx, { user: userId })
  return userId
}

function refuseFaults(faults: Readonly<Record<string, string>>): void {
  if (Object.keys(faults).length > 0) throw new UserFieldsError(faults)
}

async function refuseUnknownRoles(database: Queryable, roles: readonly string[]): Promise<void> {
  const unknown = await database.query(table.LIST_UNKNOWN_ROLES, roles)
  if (unknown.length === 0) return
  const names = unknown.map(({ name }) => name).join(', ')
  throw new UserFieldsError({ role: `The policy defines no role ${names}. See its roles: postern policy export.` })
}

async function uniquely<T>(writing: Promise<T>): Promise<T> {
  try {
    return await writing
  } catch (error) {
    if (isUniqueViolation(error, 'users_login_key'))
      throw new UserFieldsError({ login: 'Somebody has this login already.' })
    if (isUniqueViolation(error, 'users_email_key'))
      throw new UserFieldsError({ email: 'Somebody has this address already.' })
    throw error
  }
}

function existing<Row>(row: Row | undefined, login: string): Row {
  if (row === undefined)
    throw new UnknownUserError(`There is no user ${canonical(login)}. List them: postern user list.`)
  return row
}
