import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { applyPolicy, getVersion, latestVersion, versionNumber } from '../administration/policy.ts'
import { replayPolicy, tryPolicy } from '../administration/try-policy.ts'
import { PosternError } from '../errors.ts'
import type { OwnPermission } from '../lib/permissions.ts'
import { holdsPermission } from '../policies/holds.ts'
import { MAX_POLICY_BYTES } from '../policies/policy-file.ts'
import type { ReplayReport } from '../policies/replay.ts'
import { bodySchema, optionalTextField, parseBody, textField } from '../web/body.ts'
import { formOf, isOwnForm, refuseCrossSite, sendHtml } from '../web/pages.ts'
import { proveAnewHref } from '../web/prove-anew.ts'
import { backTo, csrfField, noteProofRefused } from './console-form.ts'
import { consoleVisitor, openConsole } from './console.ts'
import type { ConsoleVisitor } from './console.ts'
import { policyFileOf, PURPOSE } from './policy-parts.ts'
import type { PolicyParts } from './policy-parts.ts'
import { applyingFault, NO_FAULT } from './policy-try-faults.ts'
import type { ApplyingFault } from './policy-try-faults.ts'
import { policyTryPage } from './policy-try-page.ts'
import { askedFor } from './user-parts.ts'

/** Forms send a byte as three at most, and the end of a line as six. */
const MAX_BODY_BYTES = 3 * MAX_POLICY_BYTES + 65_536
const DRAFT = bodySchema({
  csrf: textField(256),
  expected: textField(10),
  source: textField(2 * MAX_POLICY_BYTES),
  reason: optionalTextField(2_000),
})

interface Draft {
  readonly source: string
  readonly expected: number
  readonly reason: string
}

/** How a draft is shown again. */
interface Shown extends Partial<ApplyingFault> {
  readonly draft: Draft
  readonly isTried: boolean
  readonly replay?: ReplayReport | null
  readonly proveHref?: string | null
}

/** `/admin/policy/try`, `/replay` and `/apply`: a draft, what it would do, and putting it in force. */
export function policyTryRoutes(app: FastifyInstance, parts: PolicyParts): void {
  app.get('/admin/policy/try', { config: { access: 'postern.policy:read' } }, async (request, reply) => {
    const wanted = versionNumber(askedFor(request.query, 'version'))
    const latest = await latestVersion(parts)
    const shown = wanted === null ? latest : await getVersion(parts, wanted)
    const draft = { source: shown?.source ?? '', expected: latest?.version ?? 0, reason: '' }
    return show(parts, reply, { draft, isTried: false })
  })

  app.post('/admin/policy/try', large(parts, 'postern.policy:read'), async (_request, reply) => {
    const { draft, isOwn } = await readDraft(parts, reply)
    return show(parts, reply, isOwn ? { draft, isTried: true } : expired(draft))
  })

  app.post('/admin/policy/replay', large(parts, 'postern.audit:read'), async (_request, reply) => {
    const { draft, isOwn } = await readDraft(parts, reply)
    if (!isOwn) return show(parts, reply, expired(draft))
    const report = await replayPolicy(parts, draft)
    return show(parts, reply, { draft, isTried: true, replay: 'kind' in report ? null : report })
  })

  app.post('/admin/policy/apply', large(parts, 'postern.policy:write'), async (request, reply) => {
    const { draft, isOwn, visitor } = await readDraft(parts, reply)
    if (!isOwn) return show(parts, reply, expired(draft))
    const tryPath = `${parts.entrances.portal.paths.base}/admin/policy/try`
    const prove = await proveAnewHref(parts, visitor, `${tryPath}?done=proven`)
    if (prove !== null) {
      await noteProofRefused(parts, request, visitor)
      return show(parts, reply, { draft, isTried: true, proveHref: prove, status: 403 })
    }
    return apply(parts, reply, { draft, visitor })
  })
}

/**
 * Routes that take a whole policy file; who may not call them is refused before anything of it is read.
 * @param access what the guard asks for again once the body is there
 */
function large(parts: PolicyParts, access: OwnPermission) {
  const onRequest = async (request: FastifyRequest): Promise<void> => {
    const { principal } = await consoleVisitor(parts, request)
    if (!holdsPermission(parts.policy(), principal, access)) throw new PosternError('forbidden')
  }
  return { config: { access }, bodyLimit: MAX_BODY_BYTES, onRequest }
}

/**
 * The posted draft. A form whose token no longer counts is shown again, since what stands in it may be long work; its
 * request came from a page of ours all the same.
 * @throws PosternError `cross_site_request`, `bad_request`
 */
async function readDraft(
  parts: PolicyParts,
  { request }: FastifyReply,
): Promise<{ readonly draft: Draft; readonly isOwn: boolean; readonly visitor: ConsoleVisitor }> {
  refuseCrossSite(parts, request)
  const parsed = parseBody(DRAFT, formOf(request))
  if (parsed.kind === 'invalid') throw new PosternError('bad_request', `field ${parsed.field}`)
  const { csrf, expected, source, reason = '' } = parsed.value
  if (!/^\d{1,9}$/.test(expected)) throw new PosternError('bad_request', 'field expected')
  const visitor = await consoleVisitor(parts, request)
  const draft = { source: source.replaceAll('\r\n', '\n'), expected: Number(expected), reason }
  return { draft, visitor, isOwn: isOwnForm(parts, PURPOSE, visitor.token, csrf) }
}

function expired(draft: Draft): Shown {
  return { draft, isTried: false, status: 403, problem: (words) => words.say('try.expired') }
}

async function apply(
  parts: PolicyParts,
  reply: FastifyReply,
  { draft, visitor }: { readonly draft: Draft; readonly visitor: ConsoleVisitor },
): Promise<FastifyReply> {
  const { source, reason, expected } = draft
  try {
    const wish = { source, reason, expectedVersion: expected }
    const applied = await applyPolicy(parts, visitor.principal, wish)
    if (applied.kind === 'invalid') return await show(parts, reply, { draft, isTried: true, status: 400 })
    const path = `${parts.entrances.portal.paths.base}/admin/policy/versions/${applied.version}`
    return await backTo(reply, path, applied.kind === 'applied' ? 'policy_applied' : 'policy_unchanged')
  } catch (error) {
    return show(parts, reply, { draft, isTried: true, ...applyingFault(error) })
  }
}

async function show(parts: PolicyParts, reply: FastifyReply, shown: Shown): Promise<FastifyReply> {
  const { draft, isTried, replay = null, problem, reasonFault = null, status = NO_FAULT.status } = shown
  const { console, frame, visitor } = await openConsole(parts, reply.request)
  const found = isTried ? await tryPolicy(parts, draft.source) : null
  // How a draft differs from what is in force tells what is in force, which other permissions don't let one read.
  const tried = found?.kind === 'fine' && !console.may('postern.policy:read') ? null : found
  const inForce = tried?.kind === 'fine' ? tried.inForce : draft.expected
  const isBehind = inForce !== draft.expected
  const behind = isBehind ? frame.words.say('try.conflict', { version: String(inForce) }) : null
  const page = policyTryPage({
    frame,
    console,
    csrf: csrfField(parts, PURPOSE, visitor),
    file: policyFileOf(parts),
    source: draft.source,
    // Whoever has been told of the newer one and sees what differs from it may replace it.
    expected: inForce,
    reason: draft.reason,
    reasonFault,
    tried,
    replay,
    proveHref: shown.proveHref ?? null,
    problem: problem?.(frame.words, inForce) ?? behind,
  })
  return sendHtml(reply, status, page)
}
