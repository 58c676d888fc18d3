import type { FastifyInstance } from 'fastify'

/** Who may call a route. */
export type Access = 'anyone' | 'signed_in' | 'trusted_proxy' | 'operator'

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
  }
}

/** Makes a route that doesn't say who may call it stop the start. */
export function requireAccessDeclarations(app: FastifyInstance): void {
  app.addHook('onRoute', ({ method, url, config }) => {
    if (config?.access === undefined) throw new Error(`route ${String(method)} ${url} does not declare its access`)
  })
}
