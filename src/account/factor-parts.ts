import type { FastifyReply, FastifyRequest } from 'fastify'
import type { BoundedEvents } from '../audit/bounded-events.ts'
import { isFreshlyProven } from '../lib/fresh-proof.ts'
import { hashToken } from '../lib/tokens.ts'
import type { Factors } from '../credentials/factors.ts'
import type { CompiledPolicy } from '../policies/compile.ts'
import { clientOf } from '../web/client.ts'
import type { ClientParts } from '../web/client.ts'
import { formToken } from '../web/pages.ts'
import type { PageParts } from '../web/pages.ts'
import type { FactorChangeParts, FactorOwner } from './factor-changes.ts'
import type { FactorsNotice } from './factors-page.ts'
import { noteProofRefused } from './proof-refused.ts'
import { ownForm } from './visitor.ts'
import type { AccountVisitor } from './visitor.ts'
import type { BodySchema } from '../web/body.ts'

/** What the pages of one's own factors are built from. */
export interface FactorParts extends Omit<PageParts, 'sessions'>, FactorChangeParts, ClientParts {
  readonly sessions: PageParts['sessions'] & FactorChangeParts['sessions']
  readonly factors: Pick<Factors, 'ownedBy'>
  readonly events: Pick<BoundedEvents, 'note'>
  /** Signs the way back here for the page where people prove who they are. */
  readonly returnAddresses: { sign(wanted: { host: string; target: string }): string | null }
  /** The policy in force: of whom it demands a second factor. */
  readonly policy: () => Pick<CompiledPolicy, 'secondFactor' | 'roles'>
}

/** A form that may change something, with who sent it. */
export interface FactorForm<T> {
  readonly owner: FactorOwner
  readonly visitor: AccountVisitor
  readonly fields: T
}

const PURPOSE = 'factors'
/** Control characters, line breaks, lone surrogates, and what turns the direction of the text around it. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u

export function factorsPath({ entrances }: Pick<PageParts, 'entrances'>): string {
  return `${entrances.portal.paths.base}/account/factors`
}

/** The hidden `csrf` value of every form on these pages. */
export function factorCsrf(parts: PageParts, { token }: AccountVisitor): string {
  return formToken(parts, PURPOSE, token)
}

/** Whether somebody has proven who he is well and lately enough to change his factors. */
async function mayChange(parts: FactorParts, { principal }: AccountVisitor): Promise<boolean> {
  const owned = await parts.factors.ownedBy(parts.database, principal.userId)
  return isFreshlyProven(principal, owned, Date.now())
}

/** The form of somebody who may change factors; null, with the reply under way, for whoever has to prove it first. */
export async function changeForm<T extends { readonly csrf: string }>(
  parts: FactorParts,
  { request, reply, schema }: { request: FastifyRequest; reply: FastifyReply; schema: BodySchema<T> },
): Promise<FactorForm<T> | null> {
  const { visitor, fields } = await ownForm(parts, request, { purpose: PURPOSE, schema })
  if (await mayChange(parts, visitor))
    return { owner: { principal: visitor.principal, ...clientOf(parts, request) }, visitor, fields }
  await noteProofRefused(parts, request, visitor)
  reply.redirect(factorsPath(parts), 303)
  return null
}

/** Back to the list, which says what there is to say. */
export function backToList(parts: FactorParts, reply: FastifyReply, notice: FactorsNotice | null = null): FastifyReply {
  return reply.redirect(`${factorsPath(parts)}${notice === null ? '' : `?notice=${notice}`}`, 303)
}

/** The name without outer blanks; null for one that nobody could tell from others. */
export function readName(text: string, maxCharacters: number): string | null {
  const name = text.trim()
  return name !== '' && Array.from(name).length <= maxCharacters && !CONTROLS.test(name) ? name : null
}

/** What binds a passkey's challenge to this very session, without being its token. */
export function passkeyBinding({ token }: AccountVisitor): string {
  return hashToken(token).toString('base64url')
}
