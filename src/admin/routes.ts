import type { FastifyInstance } from 'fastify'
import { overviewRoutes } from './overview-routes.ts'
import type { OverviewParts } from './overview-routes.ts'

/** What the pages of all parts of the console are built from. */
export type AdminParts = OverviewParts

/** `/admin/…`: the console. */
export function adminRoutes(app: FastifyInstance, parts: AdminParts): void {
  overviewRoutes(app, parts)
}
