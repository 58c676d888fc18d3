import type { OwnPermission } from '../lib/permissions.ts'
import type { Principal } from '../lib/principal.ts'
import type { CompiledPolicy } from './compile.ts'
import { ADMIN_ROLE } from './policy.ts'

/**
 * Whether somebody may do something of Postern itself: administrators all, others what the policy in force gives. Of
 * that an API token may what its scope names, and a password by Basic nothing.
 */
export function holdsPermission(
  { roles }: Pick<CompiledPolicy, 'roles'>,
  principal: Pick<Principal, 'roles' | 'via'>,
  permission: OwnPermission,
): boolean {
  const { via } = principal
  if (via !== undefined && (via.kind === 'basic' || !(via.scope.api?.includes(permission) ?? false))) return false
  return principal.roles.some((role) => role === ADMIN_ROLE || (roles.get(role)?.includes(permission) ?? false))
}

/** True for whoever may do something of Postern itself, and so has a console to look at. */
export function isOperator(policy: Pick<CompiledPolicy, 'roles'>, principal: Pick<Principal, 'roles'>): boolean {
  return principal.roles.some(
    (role) => role === ADMIN_ROLE || (policy.roles.get(role) ?? []).some((name) => name.startsWith('postern.')),
  )
}
