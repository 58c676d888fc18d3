import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { totpKeyText, totpUri } from '../credentials/totp-code.ts'
import { MAX_OF_A_KIND } from '../credentials/own-factors.ts'
import type { FactorKind } from '../credentials/own-factors.ts'
import type { Principal } from '../lib/principal.ts'
import { bodySchema, textField } from '../web/body.ts'
import { frameOf, sendHtml, setSessionCookie } from '../web/pages.ts'
import type { NewSession } from '../web/pages.ts'
import { portalHeaders } from '../web/security-headers.ts'
import type { Words } from '../words/words.ts'
import { openShell } from './account-page.ts'
import type { AccountShell } from './account-page.ts'
import { passkeyPage, totpPage } from './enrol-pages.ts'
import { addPasskey, confirmTotp } from './factor-changes.ts'
import { backToList, changeForm, factorCsrf, factorsPath, passkeyBinding, readName } from './factor-parts.ts'
import type { FactorParts } from './factor-parts.ts'
import { MAX_NAME_CHARACTERS } from './factors-page.ts'
import { qrCode } from '../web/qr-code.ts'
import type { AccountVisitor } from './visitor.ts'

const ACCESS = { config: { access: 'signed_in' } } as const
const CSRF = textField(256)
const BEGIN_FORM = bodySchema({ csrf: CSRF })
const TOTP_FORM = bodySchema({ csrf: CSRF, name: textField(256), code: textField(64) })
const PASSKEY_FORM = bodySchema({ csrf: CSRF, name: textField(256), response: textField(12_000) })

/** Adding a factor: a first form begins it, a second one brings the proof that it works. */
export function enrolRoutes(app: FastifyInstance, parts: FactorParts): void {
  totpRoutes(app, parts)
  passkeyRoutes(app, parts)
}

function totpRoutes(app: FastifyInstance, parts: FactorParts): void {
  const action = `${factorsPath(parts)}/totp/confirm`

  app.post('/account/factors/totp', ACCESS, async (request, reply) => {
    const form = await changeForm(parts, { request, reply, schema: BEGIN_FORM })
    if (form === null) return reply
    const { principal } = form.owner
    const owned = await ownedOf(parts, principal, 'totp')
    if (owned >= MAX_OF_A_KIND) return backToList(parts, reply, 'too_many')
    const key = await parts.database.transaction((tx) => parts.ownFactors.beginTotp(tx, principal.userId))
    const about = pageOf(parts, request, form.visitor)
    const { words } = about.shell.frame
    const issuer = new URL(parts.entrances.portal.origin).host
    const picture = await qrCode(totpUri({ key, issuer, account: principal.login }), words.say('factors.picture'))
    const name = newName(words, 'totp', owned)
    return sendHtml(reply, 200, totpPage({ ...about, action, name, key: { qrCode: picture, text: totpKeyText(key) } }))
  })

  app.post('/account/factors/totp/confirm', ACCESS, async (request, reply) => {
    const form = await changeForm(parts, { request, reply, schema: TOTP_FORM })
    if (form === null) return reply
    const { code } = form.fields
    const name = readName(form.fields.name, MAX_NAME_CHARACTERS) ?? newName(wordsOf(parts, request), 'totp', 0)
    const addition = await confirmTotp(parts, form.owner, { name, code })
    if (addition.kind === 'added') return backWith(parts, reply, addition.session)
    return sendHtml(reply, 400, totpPage({ ...pageOf(parts, request, form.visitor), action, name, key: null }))
  })
}

function passkeyRoutes(app: FastifyInstance, parts: FactorParts): void {
  app.post('/account/factors/passkey', ACCESS, async (request, reply) => {
    const form = await changeForm(parts, { request, reply, schema: BEGIN_FORM })
    if (form === null) return reply
    const { principal } = form.owner
    const owned = await ownedOf(parts, principal, 'webauthn')
    if (owned >= MAX_OF_A_KIND) return backToList(parts, reply, 'too_many')
    const ask = { owner: principal, binding: passkeyBinding(form.visitor) }
    const options = await parts.database.transaction((tx) => parts.ownFactors.beginPasskey(tx, ask))
    const action = `${factorsPath(parts)}/passkey/confirm`
    reply.headers(portalHeaders({ secure: parts.cookies.secure, scripted: true }))
    const about = pageOf(parts, request, form.visitor)
    const name = newName(about.shell.frame.words, 'webauthn', owned)
    return sendHtml(reply, 200, passkeyPage({ ...about, action, name, options }))
  })

  app.post('/account/factors/passkey/confirm', ACCESS, async (request, reply) => {
    const form = await changeForm(parts, { request, reply, schema: PASSKEY_FORM })
    if (form === null) return reply
    const name = readName(form.fields.name, MAX_NAME_CHARACTERS) ?? newName(wordsOf(parts, request), 'webauthn', 0)
    const given = { name, binding: passkeyBinding(form.visitor), response: fromJson(form.fields.response) }
    const addition = await addPasskey(parts, form.owner, given)
    if (addition.kind === 'added') return backWith(parts, reply, addition.session)
    return backToList(parts, reply, addition.kind === 'known' ? 'known' : 'passkey_refused')
  })
}

/** Back to the list with the token that the sign-in rose to. */
function backWith(parts: FactorParts, reply: FastifyReply, session: NewSession): FastifyReply {
  setSessionCookie(parts.cookies, reply, parts.entrances.portal.hostName, session)
  return backToList(parts, reply)
}

async function ownedOf(
  { ownFactors, database }: FactorParts,
  { userId }: Principal,
  kind: FactorKind,
): Promise<number> {
  return (await ownFactors.count(database, userId))[kind]
}

function newName(words: Words, kind: FactorKind, owned: number): string {
  const name = words.say(`factors.new_${kind}`)
  return owned === 0 ? name : `${name} ${owned + 1}`
}

function wordsOf(parts: FactorParts, request: FastifyRequest): Words {
  return frameOf(parts, request).words
}

function pageOf(
  parts: FactorParts,
  request: FastifyRequest,
  visitor: AccountVisitor,
): { shell: AccountShell; csrf: string; backHref: string } {
  const shell = openShell(parts, request, visitor.principal)
  return { shell, csrf: factorCsrf(parts, visitor), backHref: factorsPath(parts) }
}

/** What can't be read is no answer, like any other that isn't right. */
function fromJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
