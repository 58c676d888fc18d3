import type { FastifyInstance } from 'fastify'
import { detailOf } from '../observe/detail.ts'
import type { Program } from '../observe/program.ts'
import type { Policies } from '../policies/policies.ts'
import { sendHtml } from '../web/pages.ts'
import { portalHeaders } from '../web/security-headers.ts'
import { openConsole } from './console.ts'
import type { ConsoleParts } from './console.ts'
import { systemPage } from './system-pages.ts'

export interface SystemParts extends ConsoleParts {
  readonly program: Program
  readonly policies: Pick<Policies, 'version'>
}

const ACCESS = { config: { access: 'postern.system:read' } } as const

/** `/admin/system`: how the program does. */
export function systemRoutes(app: FastifyInstance, parts: SystemParts): void {
  const { program, policies } = parts
  app.get('/admin/system', ACCESS, async (request, reply) => {
    const { console, frame } = await openConsole(parts, request)
    const [health, figures] = await Promise.all([program.health(), program.figures()])
    reply.headers(portalHeaders({ secure: parts.cookies.secure, scripted: true }))
    const { version: policyVersion } = policies
    return sendHtml(reply, 200, systemPage({ frame, console, health, detail: await detailOf(figures), policyVersion }))
  })
}
