import type { FastifyInstance } from 'fastify'
import { listRoles } from '../administration/roles.ts'
import { sendHtml } from '../web/pages.ts'
import { openConsole } from './console.ts'
import { rolesPage } from './roles-page.ts'
import type { PeopleParts } from './user-parts.ts'

/** `/admin/roles`: what roles there are; they are changed in the policy. */
export function rolesRoutes(app: FastifyInstance, parts: PeopleParts): void {
  app.get('/admin/roles', { config: { access: 'postern.users:read' } }, async (request, reply) => {
    const { console, frame, visitor } = await openConsole(parts, request)
    const roles = await listRoles(parts, visitor.principal)
    return sendHtml(reply, 200, rolesPage({ frame, console, roles }))
  })
}
