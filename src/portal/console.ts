import type { FastifyInstance } from 'fastify'
import { adminRoutes } from '../admin/routes.ts'
import { findCaller } from '../api/caller.ts'
import type { CallerParts } from '../api/caller.ts'
import { createProgram } from '../observe/program.ts'
import type { Program } from '../observe/program.ts'
import type { Context } from '../parts/context.ts'
import { checksOf } from '../parts/health-checks.ts'

/** What the console shows of a program that serves alone and watches nothing beside its database. */
export function ownProgram(context: Context): Program {
  const checks = checksOf(context, { watch: null, keyValue: null, certificates: null })
  return createProgram(checks, () => context.metrics.allFigures())
}

/** The console's pages over the parts of the program. */
export function consoleRoutes(routes: FastifyInstance, context: Context, program: Program, callers: CallerParts): void {
  const { portalParts, policies, feed } = context
  adminRoutes(routes, {
    ...context,
    ...portalParts,
    feed,
    policy: () => policies.current(),
    program,
    findCaller: (request) => findCaller(callers, request),
  })
}
