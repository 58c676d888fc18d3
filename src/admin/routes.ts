import type { FastifyInstance } from 'fastify'
import { attemptsRoutes } from './attempts-routes.ts'
import { auditRoutes } from './audit-routes.ts'
import { decisionsRoutes } from './decisions-routes.ts'
import { grantsRoutes } from './grants-routes.ts'
import { keysRoutes } from './keys-routes.ts'
import type { KeysParts } from './keys-routes.ts'
import { liveRoutes } from './live-routes.ts'
import type { LiveParts } from './live-routes.ts'
import { matrixRoutes } from './matrix-routes.ts'
import { noticesRoutes } from './notices-routes.ts'
import type { NoticesParts } from './notices-routes.ts'
import { overviewRoutes } from './overview-routes.ts'
import type { OverviewParts } from './overview-routes.ts'
import { policyExplainRoutes } from './policy-explain-routes.ts'
import type { PolicyParts } from './policy-parts.ts'
import { policyRoutes } from './policy-routes.ts'
import { policyTryRoutes } from './policy-try-routes.ts'
import { policyVersionRoutes } from './policy-version-routes.ts'
import { rolesRoutes } from './roles-routes.ts'
import { sessionsRoutes } from './sessions-routes.ts'
import { snippetsRoutes } from './snippets-routes.ts'
import type { SnippetsParts } from './snippets-routes.ts'
import { systemRoutes } from './system-routes.ts'
import type { SystemParts } from './system-routes.ts'
import type { PeopleParts } from './user-parts.ts'
import { userRoutes } from './user-routes.ts'
import { usersRoutes } from './users-routes.ts'

/** What the pages of all parts of the console are built from. */
export type AdminParts = OverviewParts &
  PeopleParts &
  PolicyParts &
  LiveParts &
  NoticesParts &
  SnippetsParts &
  SystemParts &
  KeysParts

/** `/admin/…`: the console, and what its pages hear of live. */
export function adminRoutes(app: FastifyInstance, parts: AdminParts): void {
  overviewRoutes(app, parts)
  usersRoutes(app, parts)
  userRoutes(app, parts)
  rolesRoutes(app, parts)
  grantsRoutes(app, parts)
  sessionsRoutes(app, parts)
  attemptsRoutes(app, parts)
  policyRoutes(app, parts)
  policyVersionRoutes(app, parts)
  policyTryRoutes(app, parts)
  policyExplainRoutes(app, parts)
  matrixRoutes(app, parts)
  auditRoutes(app, parts)
  decisionsRoutes(app, parts)
  noticesRoutes(app, parts)
  snippetsRoutes(app, parts)
  systemRoutes(app, parts)
  keysRoutes(app, parts)
  liveRoutes(app, parts)
}
