import type { FastifyInstance } from 'fastify'
import { liveRoutes } from './live-routes.ts'
import type { LiveParts } from './live-routes.ts'
import { overviewRoutes } from './overview-routes.ts'
import type { OverviewParts } from './overview-routes.ts'

/** What the pages of all parts of the console are built from. */
export type AdminParts = OverviewParts & LiveParts

/** `/admin/…`: the console, and what its pages hear of live. */
export function adminRoutes(app: FastifyInstance, parts: AdminParts): void {
  overviewRoutes(app, parts)
  liveRoutes(app, parts)
}
