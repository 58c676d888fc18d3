/**
 * What roles of a policy may be given of Postern itself, with what it lets people do. Whoever administers may do all of
 * it, and what would let somebody become an administrator is theirs alone.
 */
export const OWN_PERMISSIONS = {
  'postern.users:read': 'see users, their roles, factors, grants and tokens',
  'postern.users:write': 'make, change, disable and delete users, and give out links that let them in',
  'postern.sessions:read': 'see who is signed in, from where',
  'postern.sessions:end': 'end sign-ins and revoke API tokens',
  'postern.attempts:clear': 'see and lift stops after failed sign-ins',
  'postern.policy:read': 'see apps, rules and versions, and try out what they decide',
  'postern.policy:write': 'apply a policy and go back to an earlier one',
  'postern.audit:read': 'search and export the record',
  'postern.system:read': 'see health, keys and settings of the running program',
  'postern.system:write': 'renew keys',
} as const

export type OwnPermission = keyof typeof OWN_PERMISSIONS

/** What begins the names of all of them; a policy can't make up more. */
export const OWN_PREFIX = 'postern.'

/** True for a permission of Postern itself. */
export function isOwnPermission(name: string): name is OwnPermission {
  return Object.hasOwn(OWN_PERMISSIONS, name)
}
