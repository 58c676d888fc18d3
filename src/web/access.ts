import type { FastifyInstance } from 'fastify'
import type { Principal } from '../lib/principal.ts'

/** Who may call a route. */
export type Access = 'anyone' | 'signed_in' | 'administrator' | 'trusted_proxy' | 'operator'

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
  }
}

/**
 * Why this visitor may not call a route, or null; for those who aren't visitors others see to it.
 * @param adminRole what administrators hold
 */
export function visitorFault(
  access: Access | undefined,
  principal: Principal | null,
  adminRole: string,
): 'not_signed_in' | 'forbidden' | null {
  if (access !== 'signed_in' && access !== 'administrator') return null
  if (principal === null) return 'not_signed_in'
  return access === 'signed_in' || principal.roles.includes(adminRole) ? null : 'forbidden'
}

/** Makes a route that doesn't say who may call it stop the start. */
export function requireAccessDeclarations(app: FastifyInstance): void {
  app.addHook('onRoute', ({ method, url, config }) => {
    if (config?.access === undefined) throw new Error(`route ${String(method)} ${url} does not declare its access`)
  })
}
