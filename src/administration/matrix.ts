import { accessMatrix } from '../policies/matrix.ts'
import type { MatrixRow } from '../policies/matrix.ts'
import type { UserQuestion } from '../users/search.ts'
import type { AdministrationParts, Page } from './parts.ts'
import { listUsers } from './users.ts'

export interface MatrixPageQuestion extends UserQuestion {
  /** Names of the policy; all apps unless given. */
  readonly apps?: readonly string[]
  /** Address of the client. */
  readonly from?: string
}

export interface MatrixPage extends Page<MatrixRow> {
  readonly total: number
  /** Version of the policy that was asked. */
  readonly policyVersion: number
}

/** Who may open what, for a page of people who may sign in or not; with the roles that are theirs now. */
export async function matrixPage(
  parts: Pick<AdministrationParts, 'database' | 'policies'>,
  { apps, from, ...question }: MatrixPageQuestion,
): Promise<MatrixPage> {
  const { items, next, total } = await listUsers(parts, question)
  const people = items.map(({ login, held_roles: roles }) => ({ login, roles }))
  const narrowed = { ...(apps !== undefined && { apps }), ...(from !== undefined && { from }) }
  const rows = accessMatrix(parts.policies.current(), { people, ...narrowed })
  return { items: rows, next, total, policyVersion: parts.policies.version }
}
