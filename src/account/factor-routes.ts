import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { FactorKind } from '../credentials/own-factors.ts'
import { PosternError } from '../errors.ts'
import type { Principal } from '../lib/principal.ts'
import { bodySchema, textField } from '../web/body.ts'
import { sendHtml } from '../web/pages.ts'
import { openShell } from './account-page.ts'
import { recoveryCodesPage } from './enrol-pages.ts'
import { enrolRoutes } from './enrol-routes.ts'
import { removeFactor, renameFactor, renewCodes } from './factor-changes.ts'
import { backToList, changeForm, factorCsrf, factorsPath, readName } from './factor-parts.ts'
import type { FactorParts } from './factor-parts.ts'
import { factorsPage, isFactorsNotice, MAX_NAME_CHARACTERS } from './factors-page.ts'
import { proveAnewHref } from '../web/prove-anew.ts'
import { signedInVisitor } from './visitor.ts'

const ACCESS = { config: { access: 'signed_in' } } as const
const CSRF = textField(256)
const MAX_TYPED = 256
const REMOVE_FORM = bodySchema({ csrf: CSRF, kind: textField(16), id: textField(64) })
const RENAME_FORM = bodySchema({ csrf: CSRF, kind: textField(16), id: textField(64), name: textField(MAX_TYPED) })
const CODES_FORM = bodySchema({ csrf: CSRF })
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

interface Query {
  Querystring: Record<string, string>
}

/** `/account/factors`: one's own second factors. Seeing them takes a sign-in, changing them a fresh proof. */
export function factorRoutes(app: FastifyInstance, parts: FactorParts): void {
  app.get<Query>('/account/factors', ACCESS, (request, reply) => showList(parts, request, reply))

  app.post('/account/factors/rename', ACCESS, async (request, reply) => {
    const form = await changeForm(parts, { request, reply, schema: RENAME_FORM })
    if (form === null) return reply
    const name = readName(form.fields.name, MAX_NAME_CHARACTERS)
    if (name === null) return backToList(parts, reply, 'name_refused')
    await renameFactor(parts, form.owner, { ...readFactor(form.fields), name })
    return backToList(parts, reply)
  })

  app.post('/account/factors/remove', ACCESS, async (request, reply) => {
    const form = await changeForm(parts, { request, reply, schema: REMOVE_FORM })
    if (form === null) return reply
    const mustKeepOne = isDemanded(parts, form.owner.principal)
    const removal = await removeFactor(parts, form.owner, { ...readFactor(form.fields), mustKeepOne })
    return backToList(parts, reply, removal.kind === 'last_one' ? 'last_one' : null)
  })

  app.post('/account/factors/recovery-codes', ACCESS, async (request, reply) => {
    const form = await changeForm(parts, { request, reply, schema: CODES_FORM })
    if (form === null) return reply
    const { factors, database, entrances } = parts
    const { userId, login } = form.owner.principal
    if ((await factors.ownedBy(database, userId)).length === 0) return backToList(parts, reply)
    const codes = await renewCodes(parts, form.owner)
    const { origin } = entrances.portal
    const shell = openShell(parts, request, form.owner.principal)
    const about = { shell, host: new URL(origin).host, backHref: factorsPath(parts) }
    return sendHtml(reply, 200, recoveryCodesPage({ ...about, codes, login }))
  })

  enrolRoutes(app, parts)
}

async function showList(
  parts: FactorParts,
  request: FastifyRequest<Query>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const visitor = await signedInVisitor(parts, request)
  const { database, ownFactors } = parts
  const { userId } = visitor.principal
  const { notice = null } = request.query
  const model = {
    shell: openShell(parts, request, visitor.principal),
    factors: await ownFactors.list(database, userId),
    recoveryCodesLeft: (await ownFactors.count(database, userId)).recovery,
    action: factorsPath(parts),
    csrf: factorCsrf(parts, visitor),
    proveHref: await proveAnewHref(parts, visitor, factorsPath(parts)),
    offersPasskeys: ownFactors.offersPasskeys,
    isDemanded: isDemanded(parts, visitor.principal),
    notice: isFactorsNotice(notice) ? notice : null,
  }
  return sendHtml(reply, 200, factorsPage(model))
}

function isDemanded({ policy }: FactorParts, { roles }: Principal): boolean {
  return policy().secondFactor?.roles.some((role) => roles.includes(role)) ?? false
}

function readFactor({ kind, id }: { kind: string; id: string }): { kind: FactorKind; id: string } {
  if ((kind !== 'totp' && kind !== 'webauthn') || !UUID.test(id)) throw new PosternError('bad_request', 'no factor')
  return { kind, id }
}
