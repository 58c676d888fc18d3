import type { FastifyInstance } from 'fastify'
import { isOwnPermission } from '../lib/permissions.ts'
import type { OwnPermission } from '../lib/permissions.ts'
import type { Principal } from '../lib/principal.ts'

/** Who may call a route: a permission is for whoever holds it. */
export type Access = 'anyone' | 'signed_in' | 'trusted_proxy' | 'operator' | OwnPermission

/** Whether somebody holds a permission. */
export type Holds = (principal: Principal, permission: OwnPermission) => boolean

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
    /** True where an API token may say who calls. */
    takesTokens?: true
  }
}

/** Why this visitor may not call a route, or null; for those who aren't visitors others see to it. */
export function visitorFault(
  access: Access | undefined,
  principal: Principal | null,
  holds: Holds,
): 'not_signed_in' | 'forbidden' | null {
  if (!isForVisitors(access)) return null
  if (principal === null) return 'not_signed_in'
  return access === 'signed_in' || holds(principal, access) ? null : 'forbidden'
}

/** True where a route asks who somebody is. */
export function isForVisitors(access: Access | undefined): access is 'signed_in' | OwnPermission {
  return access === 'signed_in' || (access !== undefined && isOwnPermission(access))
}

/** Makes a route that doesn't say who may call it stop the start. */
export function requireAccessDeclarations(app: FastifyInstance): void {
  app.addHook('onRoute', ({ method, url, config }) => {
    if (config?.access === undefined) throw new Error(`route ${String(method)} ${url} does not declare its access`)
  })
}
