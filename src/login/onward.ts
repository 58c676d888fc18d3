import type { FastifyReply } from 'fastify'
import { PORTAL_PATH } from '../config/settings.ts'
import type { Principal } from '../lib/principal.ts'
import { readCookie } from '../web/cookies.ts'
import { keepLanguage } from '../web/language-choice.ts'
import { cookieHeaders, setSessionCookie } from '../web/pages.ts'
import { portalHeaders } from '../web/security-headers.ts'
import { dropCookie, setCookie } from '../web/set-cookie.ts'
import { PENDING_LIFE_MS } from './pending.ts'
import type { PortalParts } from './portal.ts'
import type { OpenedReturn } from './return-address.ts'
import type { HalfDone, MustChange, SignedIn } from './outcome.ts'

/** Pages that a sign-in may lead through; each is below the sign-in page. */
export type Step = 'second-factor' | 'step-up' | 'enrol' | 'enrol-soon'

type Advanced = SignedIn | HalfDone | MustChange

/** Where a visitor goes who has just signed in: where a hand-over is due, once more here, now with the new cookie. */
export function afterSignIn({ returnAddresses, entrances }: PortalParts, rd: string | null): string {
  const { paths } = entrances.portal
  const back = rd === null ? null : returnAddresses.open(rd)
  if (back === null) return paths.home
  return back.stateHash === null ? back.url : `${paths.signIn}?rd=${rd}`
}

/** The way back to an app's own host for a visitor who is signed in; null for all others. */
export async function handOverUrl(
  parts: PortalParts,
  principal: Principal | null,
  rd: string | null,
): Promise<string | null> {
  const back = openReturn(parts, rd)
  if (back === null || back.stateHash === null || principal === null) return null
  const { host, target, stateHash, origin } = back
  const code = await parts.handOver.offer(principal, { host, target, stateHash })
  return `${origin}${PORTAL_PATH}/callback?code=${code}`
}

export function openReturn({ returnAddresses }: PortalParts, rd: string | null): OpenedReturn | null {
  return rd === null ? null : returnAddresses.open(rd)
}

/** Address of a step; a return address that doesn't hold is dropped. */
export function stepUrl(parts: PortalParts, step: Step, rd: string | null): string {
  const url = `${parts.entrances.portal.paths.signIn}/${step}`
  return openReturn(parts, rd) === null ? url : `${url}?rd=${rd}`
}

/** Sends the browser on with what it is to keep: to where it came from, or to the step that is missing. */
export function advance(parts: PortalParts, reply: FastifyReply, outcome: Advanced, rd: string | null): FastifyReply {
  keepOutcome(parts, reply, outcome)
  if (outcome.kind === 'must_change') return reply.redirect(changePath(parts, outcome), 303)
  if (outcome.kind === 'half_done')
    return reply.redirect(stepUrl(parts, outcome.next.kind === 'enrol' ? 'enrol' : 'second-factor', rd), 303)
  return reply.redirect(outcome.enrolBy === null ? afterSignIn(parts, rd) : stepUrl(parts, 'enrol-soon', rd), 303)
}

/** Where another password is chosen. */
export function changePath({ entrances }: Pick<PortalParts, 'entrances'>, { token }: MustChange): string {
  return `${entrances.portal.paths.base}/reset/${token}`
}

/** Gives the browser the cookies of what it has reached, and takes those that are done with. */
export function keepOutcome(
  { cookies, devices, entrances, look }: PortalParts,
  reply: FastifyReply,
  outcome: Advanced,
): void {
  const { names, secure } = cookies
  if (outcome.kind === 'half_done') {
    setCookie(reply, { name: names.pending, value: outcome.pending, secure, maxAgeS: PENDING_LIFE_MS / 1_000 })
    return
  }
  if (outcome.kind === 'signed_in') {
    setSessionCookie(cookies, reply, entrances.portal.hostName, outcome.session)
    devices.keep(reply, outcome.device)
    const words = outcome.language === null ? null : look.languages.find(outcome.language)
    const isOpen = readCookie(cookieHeaders(reply.request), names.language) === null
    if (words !== null && isOpen) keepLanguage(cookies, reply, words.tag)
  }
  if (readCookie(cookieHeaders(reply.request), names.pending) !== null) dropCookie(reply, names.pending, secure)
}

/** Chromium checks where a form's redirect leads as well, so a page lists the origin that it returns to. */
export function formHeaders(
  { cookies }: PortalParts,
  back: OpenedReturn | null,
  scripted = false,
): Readonly<Record<string, string>> {
  return portalHeaders({ secure: cookies.secure, formTargets: back === null ? [] : [back.origin], scripted })
}
