import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AdministrationParts } from '../administration/parts.ts'
import { reaches } from '../administration/authority.ts'
import { PosternError } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import type { OwnPermission } from '../lib/permissions.ts'
import type { Devices } from '../limits/devices.ts'
import { rolesOfLogins } from '../users/held-roles.ts'
import { canonical } from '../users/profile.ts'
import { UserFieldsError } from '../users/users.ts'
import { bodySchema, textField } from '../web/body.ts'
import type { Console, ConsoleParts, ConsoleVisitor } from './console.ts'
import type { DoneCode } from './done.ts'
import { hrefOf } from './parts.ts'

/** What the console's pages of people are built from. */
export type PeopleParts = ConsoleParts & AdministrationParts & { readonly devices: Pick<Devices, 'list'> }

/** Why something was not done, for the page that shows its form again with what was typed. */
export interface Refusal {
  /** By field, in English, as `retell` takes them. */
  readonly faults: Readonly<Record<string, string>>
  readonly problem: ErrorCode | null
  readonly status: number
}

export type Tried<T> = { readonly kind: 'done'; readonly value: T } | ({ readonly kind: 'refused' } & Refusal)

/** The purpose of every form here, as in `csrfField`. */
export const PURPOSE = 'console-people'
/** Rows on one page of a list. */
export const PAGE_SIZE = 50
export const CSRF = textField(256)
/** A form that is only a button beside one thing. */
export const ID_FORM = bodySchema({ csrf: CSRF, id: textField(64) })
export const NOT_REFUSED: Refusal = { faults: {}, problem: null, status: 200 }

const LOGIN = /^[a-z0-9][a-z0-9._-]{0,63}$/
/** Neither can stand in what is looked for, and a database takes no NUL. */
const CONTROLS = /[\p{Cc}\p{Cs}]/u
const TOLD: readonly ErrorCode[] = [
  'changed_since',
  'forbidden',
  'holds_more',
  'last_administrator',
  'not_yours_to_give',
  'nothing_there',
  'user_disabled',
]

/** Does what somebody asked for, and tells what of it a page can say beside its form. */
export async function tryTo<T>(work: () => Promise<T>): Promise<Tried<T>> {
  try {
    return { kind: 'done', value: await work() }
  } catch (error) {
    if (error instanceof UserFieldsError) return { ...NOT_REFUSED, kind: 'refused', faults: error.fields, status: 400 }
    if (!(error instanceof PosternError) || !TOLD.includes(error.code)) throw error
    return { kind: 'refused', faults: {}, problem: error.code, status: error.status }
  }
}

/**
 * Whoever may change something but not see it is told what was wrong without the page that says it.
 * @throws PosternError of the refusal, or `forbidden`
 */
export function mustSee({ may }: Pick<Console, 'may'>, permission: OwnPermission, { problem, status }: Refusal): void {
  if (!may(permission)) throw new PosternError(problem ?? (status === 200 ? 'forbidden' : 'bad_request'))
}

/**
 * One value of an address; empty where it isn't there.
 * @throws PosternError `bad_request` for what nobody could have looked for
 */
export function askedFor(query: unknown, name: string, most = 254): string {
  const { [name]: value = '' } = query as Record<string, string>
  if (value.length > most || CONTROLS.test(value)) throw new PosternError('bad_request', `query ${name}`)
  return value
}

/**
 * The same for a field that a form is filled in with: empty where a page elsewhere or a mail led here, which could have
 * chosen what is sent with the next click.
 */
export function filledIn({ query, headers }: FastifyRequest, name: string, most = 254): string {
  const site = headers['sec-fetch-site']
  return site === undefined || site === 'same-origin' ? askedFor(query, name, most) : ''
}

/** The same where it is one of a list, or empty. */
export function askedOneOf<Choice extends string>(
  query: unknown,
  name: string,
  choices: readonly Choice[],
): Choice | '' {
  const value = askedFor(query, name)
  const choice = choices.find((each) => each === value)
  if (choice === undefined && value !== '') throw new PosternError('bad_request', `query ${name}`)
  return choice ?? ''
}

/** Whom an address names. @throws PosternError `unknown_user` for what is no login */
export function loginOf(params: unknown): string {
  const { login = '' } = params as Record<string, string>
  const known = canonical(login)
  if (!LOGIN.test(known)) throw new PosternError('unknown_user')
  return known
}

/** Those of these people whom somebody may act on, so that nothing else is offered. */
export async function withinReach(
  { policies, database }: Pick<PeopleParts, 'policies' | 'database'>,
  { principal }: ConsoleVisitor,
  logins: readonly string[],
): Promise<ReadonlySet<string>> {
  const policy = policies.current()
  const roles = await rolesOfLogins(database, [...new Set(logins)])
  return new Set(logins.filter((login) => reaches(policy, principal, roles.get(login) ?? [])))
}

/** Names of the roles that somebody may give. */
export function givableRoles(
  { policies }: Pick<PeopleParts, 'policies'>,
  { principal }: ConsoleVisitor,
): readonly string[] {
  const policy = policies.current()
  return [...policy.roles.keys()].filter((role) => reaches(policy, principal, [role]))
}

/** Back to a list as it was narrowed down, which says what has been done. @param path below the console's */
export function backToList(
  reply: FastifyReply,
  { base }: Pick<Console, 'base'>,
  { path, query, done }: { readonly path: string; readonly query: Record<string, string>; readonly done: DoneCode },
): FastifyReply {
  return reply.redirect(hrefOf(`${base}/${path}`, { ...query, done }), 303)
}
