import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import * as flow from '../administration/policy.ts'
import { diffVersions } from '../administration/try-policy.ts'
import { PosternError } from '../errors.ts'
import { bodySchema, textField } from '../web/body.ts'
import { sendHtml } from '../web/pages.ts'
import { backTo, consoleForm, csrfField } from './console-form.ts'
import { openConsole } from './console.ts'
import { PAGE_SIZE, policyFileOf, PURPOSE } from './policy-parts.ts'
import type { PolicyParts } from './policy-parts.ts'
import { applyingFault, NO_FAULT } from './policy-try-faults.ts'
import type { ApplyingFault } from './policy-try-faults.ts'
import { policyVersionPage, policyVersionsPage } from './policy-versions-page.ts'
import { askedFor } from './user-parts.ts'

const READ = { config: { access: 'postern.policy:read' } } as const
const WRITE = { config: { access: 'postern.policy:write' } } as const
const ROLL_BACK = bodySchema({ csrf: textField(256), expected: textField(10), reason: textField(2_000) })

/** `/admin/policy/versions…`: what was in force, and the way back. */
export function policyVersionRoutes(app: FastifyInstance, parts: PolicyParts): void {
  app.get('/admin/policy/versions', READ, async (request, reply) => {
    const { console, frame } = await openConsole(parts, request)
    const after = askedFor(request.query, 'after')
    const wish = { limit: PAGE_SIZE, ...(after !== '' && { after }) }
    const { items, next } = await flow.listVersions(parts, wish)
    const inForce = after === '' ? (items[0]?.version ?? 0) : await inForceOf(parts)
    const page = { frame, console, versions: items, inForce, after: next, isFirst: after === '' }
    return sendHtml(reply, 200, policyVersionsPage(page))
  })

  app.get('/admin/policy/versions/:version', READ, (request, reply) =>
    showVersion(parts, reply, { reason: askedFor(request.query, 'reason', 500), ...NO_FAULT }),
  )

  app.get('/admin/policy/versions/:version/file', READ, async (request, reply) => {
    const { version, source } = await flow.getVersion(parts, versionOf(request))
    reply.header('content-disposition', `attachment; filename="policy-${version}.yaml"`)
    return reply.type('text/plain; charset=utf-8').send(source)
  })

  app.post('/admin/policy/versions/:version/roll-back', WRITE, async (request, reply) => {
    const version = versionOf(request)
    const formPath = `${parts.entrances.portal.paths.base}/admin/policy/versions/${version}`
    const form = await consoleForm(parts, reply, {
      purpose: PURPOSE,
      schema: ROLL_BACK,
      fresh: { formPath, keep: ['reason'] },
    })
    if (form === null) return reply
    const { reason, expected } = form.fields
    try {
      const wish = { version, reason, expectedVersion: Number(expected) }
      const done = await flow.rollBack(parts, form.visitor.principal, wish)
      if (done.kind === 'invalid') throw new PosternError('bad_request', 'an earlier version that can not be read')
      const path = `${parts.entrances.portal.paths.base}/admin/policy/versions/${done.version}`
      return await backTo(reply, path, done.kind === 'applied' ? 'policy_rolled_back' : 'policy_unchanged')
    } catch (error) {
      return showVersion(parts, reply, { reason, ...applyingFault(error) })
    }
  })
}

async function showVersion(
  parts: PolicyParts,
  reply: FastifyReply,
  { reason, problem, reasonFault, status }: ApplyingFault & { readonly reason: string },
): Promise<FastifyReply> {
  const { request } = reply
  const { console, frame, visitor } = await openConsole(parts, request)
  const row = await flow.getVersion(parts, versionOf(request))
  const from = await comparedWith(parts, request, row.version)
  const inForce = await inForceOf(parts)
  const file = policyFileOf(parts)
  const mayRollBack = console.may('postern.policy:write') && file === null && row.version !== inForce
  const page = policyVersionPage({
    frame,
    console,
    version: row,
    inForce,
    file,
    from,
    difference: from === null ? null : await diffVersions(parts, { from, to: row.version }),
    rollBack: mayRollBack ? { csrf: csrfField(parts, PURPOSE, visitor), reason, fault: reasonFault } : null,
    problem: problem?.(frame.words, inForce) ?? null,
  })
  return sendHtml(reply, status, page)
}

/** The one before unless another is asked for. @throws PosternError `bad_request` */
async function comparedWith(parts: PolicyParts, { query }: FastifyRequest, version: number): Promise<number | null> {
  const text = askedFor(query, 'from').trim()
  if (text === '') return (await flow.versionBefore(parts, version))?.version ?? null
  const from = flow.versionNumber(text)
  if (from === null) throw new PosternError('bad_request', 'query from')
  return from
}

async function inForceOf(parts: PolicyParts): Promise<number> {
  const { items } = await flow.listVersions(parts, { limit: 1 })
  return items[0]?.version ?? 0
}

/** @throws PosternError `nothing_there` for what is no version's number */
function versionOf({ params }: FastifyRequest): number {
  const { version = '' } = params as Record<string, string>
  const number = flow.versionNumber(version)
  if (number === null) throw new PosternError('nothing_there', 'no such version')
  return number
}
