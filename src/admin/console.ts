import type { FastifyRequest } from 'fastify'
import type { BoundedEvents } from '../audit/bounded-events.ts'
import type { Factors } from '../credentials/factors.ts'
import { PosternError } from '../errors.ts'
import type { OwnPermission } from '../lib/permissions.ts'
import type { Principal } from '../lib/principal.ts'
import type { Log } from '../observe/log.ts'
import type { CompiledPolicy } from '../policies/compile.ts'
import { holdsPermission, isOperator } from '../policies/holds.ts'
import type { Database } from '../store/database.ts'
import type { Frame } from '../web/frame.ts'
import { frameOf, visitorOf } from '../web/pages.ts'
import type { PageParts } from '../web/pages.ts'

/** What every page of the console is built from. */
export interface ConsoleParts extends PageParts {
  readonly database: Database
  readonly factors: Pick<Factors, 'ownedBy'>
  readonly events: Pick<BoundedEvents, 'note'>
  /** Signs the way back here for the page where people prove who they are. */
  readonly returnAddresses: { sign(wanted: { host: string; target: string }): string | null }
  /** The policy in force: it says which roles may do what of ours. */
  readonly policy: () => CompiledPolicy
  readonly log: Pick<Log, 'info' | 'error'>
}

/** Somebody who looks at the console, with the token that says so. */
export interface ConsoleVisitor {
  readonly principal: Principal
  readonly token: string
}

/** What a page knows of who looks at it and where it stands. */
export interface Console {
  /** Path of the overview, such as `/.postern/admin`; all others are below it. */
  readonly base: string
  /** Path of the page below `base` without a slash before it and without a query; '' for the overview. */
  readonly here: string
  readonly homeHref: string
  /** Where browsers hear of what happens. */
  readonly eventsHref: string
  readonly login: string
  readonly may: (permission: OwnPermission) => boolean
  /** Code of what has just been done, from the address; whether there is one the catalogue says. */
  readonly done: string | null
}

export interface ConsoleRequest {
  readonly visitor: ConsoleVisitor
  readonly console: Console
  readonly frame: Frame
}

/** Path of the console on the portal. */
export function consoleBase({ entrances }: Pick<PageParts, 'entrances'>): string {
  return `${entrances.portal.paths.base}/admin`
}

/**
 * Who asks for a page of the console, and what surrounds it for him.
 * @throws PosternError `not_signed_in` for a sign-in that has ended since the route let it in; `forbidden` for people who
 * may do nothing of ours
 */
export async function openConsole(parts: ConsoleParts, request: FastifyRequest): Promise<ConsoleRequest> {
  const visitor = await consoleVisitor(parts, request)
  const { principal } = visitor
  const policy = parts.policy()
  if (!isOperator(policy, principal)) throw new PosternError('forbidden')
  const base = consoleBase(parts)
  const [path = ''] = request.url.split('?', 1)
  const { done } = request.query as Record<string, string>
  const console: Console = {
    base,
    here: path.slice(base.length + 1),
    homeHref: parts.entrances.portal.paths.home,
    eventsHref: `${parts.entrances.portal.paths.base}/api/v2/events`,
    login: principal.login,
    may: (permission) => holdsPermission(policy, principal, permission),
    done: done ?? null,
  }
  return { visitor, console, frame: frameOf(parts, request) }
}

/** @throws PosternError `not_signed_in` */
export async function consoleVisitor(parts: PageParts, request: FastifyRequest): Promise<ConsoleVisitor> {
  const { principal, token } = await visitorOf(parts, request)
  if (principal === null) throw new PosternError('not_signed_in')
  return { principal, token }
}
