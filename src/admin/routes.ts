import type { FastifyInstance } from 'fastify'
import { liveRoutes } from './live-routes.ts'
import type { LiveParts } from './live-routes.ts'
import { noticesRoutes } from './notices-routes.ts'
import type { NoticesParts } from './notices-routes.ts'
import { overviewRoutes } from './overview-routes.ts'
import type { OverviewParts } from './overview-routes.ts'
import { snippetsRoutes } from './snippets-routes.ts'
import type { SnippetsParts } from './snippets-routes.ts'
import { systemRoutes } from './system-routes.ts'
import type { SystemParts } from './system-routes.ts'

/** What the pages of all parts of the console are built from. */
export type AdminParts = OverviewParts & LiveParts & NoticesParts & SnippetsParts & SystemParts

/** `/admin/…`: the console, and what its pages hear of live. */
export function adminRoutes(app: FastifyInstance, parts: AdminParts): void {
  overviewRoutes(app, parts)
  noticesRoutes(app, parts)
  snippetsRoutes(app, parts)
  systemRoutes(app, parts)
  liveRoutes(app, parts)
}
