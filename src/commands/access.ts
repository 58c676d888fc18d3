import { matrixPage } from '../administration/matrix.ts'
import { MAX_PAGE } from '../administration/parts.ts'
import { listRoles as readRoles } from '../administration/roles.ts'
import { OperatorError } from '../errors.ts'
import { ADMIN_ROLE } from '../policies/policy.ts'
import type { CellAccess } from '../policies/matrix.ts'
import { done, listOf, optionalText, table, textOf } from './command.ts'
import type { Arguments, Command } from './command.ts'

/** As many people as one answer tells of. */
const MATRIX_PEOPLE = 100
const SIGNS: Readonly<Record<CellAccess, string>> = { allow: 'yes', steps: 'step-up', some_paths: 'partly', no: '-' }

/** `matrix`: a page of people by apps. */
export const showMatrix: Command = async (context, given) => {
  await context.policies.refresh()
  const apps = listOf(given, 'app')
  const unknown = apps.filter((name) => !context.policies.current().apps.has(name))
  if (unknown.length > 0) throw new OperatorError(`The policy has no app ${unknown.join(', ')}.`)
  const page = await matrixPage(context, { ...narrowing(given), ...(apps.length > 0 && { apps }) })
  const { items, next, total, policyVersion } = page
  const shown = table(
    ['LOGIN', ...(items[0]?.cells.map(({ app }) => app) ?? [])],
    items.map(({ login, cells }) => [login, ...cells.map(({ access }) => SIGNS[access])]),
  )
  const more = next === null ? '' : `\n${items.length} of ${total}. Go on: postern matrix --after ${next}`
  const text = items.length === 0 ? 'Nobody fits what was asked for.' : `${shown}${more}`
  return done(text, { policy_version: policyVersion, total, next, rows: items.map(describe) })
}

/** `role list`: what can be given, and how many have it. */
export const listRoles: Command = async (context) => {
  await context.policies.refresh()
  const roles = await readRoles(context, null)
  const rows = roles.map(({ name, permissions, holders, granted }) => ({
    name,
    permissions: name === ADMIN_ROLE ? ['everything'] : permissions,
    holders,
    granted,
  }))
  const text = table(
    ['ROLE', 'HOLDERS', 'FOR A WHILE', 'PERMISSIONS'],
    rows.map((row) => [row.name, String(row.holders), String(row.granted), row.permissions.join(',')]),
  )
  return done(text, rows)
}

function narrowing(given: Arguments): Omit<Parameters<typeof matrixPage>[1], 'apps'> {
  const texts = ['search', 'role', 'after', 'from'].flatMap((name) => {
    const value = optionalText(given, name)
    return value === undefined ? [] : [[name, value] as const]
  })
  return { ...Object.fromEntries(texts), limit: limitOf(given) }
}

function limitOf(given: Arguments): number {
  if (given['limit'] === undefined) return MATRIX_PEOPLE
  const limit = Number(textOf(given, 'limit'))
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_PAGE) return limit
  throw new OperatorError(`--limit is a number from 1 to ${MAX_PAGE}.`, 2)
}

function describe({ login, cells }: { readonly login: string; readonly cells: readonly object[] }): object {
  return { login, apps: cells }
}
