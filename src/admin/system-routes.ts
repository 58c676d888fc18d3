import type { FastifyInstance } from 'fastify'
import { LIST_KEY_STATES } from '../credentials/key-ages-table.ts'
import { detailOf } from '../observe/detail.ts'
import type { Program } from '../observe/program.ts'
import type { Policies } from '../policies/policies.ts'
import { sendHtml } from '../web/pages.ts'
import { portalHeaders } from '../web/security-headers.ts'
import { openConsole } from './console.ts'
import type { ConsoleParts } from './console.ts'
import { keysPage, systemPage } from './system-pages.ts'

export interface SystemParts extends ConsoleParts {
  readonly program: Program
  readonly policies: Pick<Policies, 'version'>
}

const ACCESS = { config: { access: 'postern.system:read' } } as const

/** `/admin/system` and `/admin/keys`: how the program does, and what it rests on. */
export function systemRoutes(app: FastifyInstance, parts: SystemParts): void {
  const { program, policies, database } = parts
  app.get('/admin/system', ACCESS, async (request, reply) => {
    const { console, frame } = await openConsole(parts, request)
    const [health, figures] = await Promise.all([program.health(), program.figures()])
    reply.headers(portalHeaders({ secure: parts.cookies.secure, scripted: true }))
    const { version: policyVersion } = policies
    return sendHtml(reply, 200, systemPage({ frame, console, health, detail: await detailOf(figures), policyVersion }))
  })

  app.get('/admin/keys', ACCESS, async (request, reply) => {
    const { console, frame } = await openConsole(parts, request)
    return sendHtml(reply, 200, keysPage({ frame, console, keys: await database.query(LIST_KEY_STATES) }))
  })
}
