import { recordEvent } from '../audit/events.ts'
import { PosternError } from '../errors.ts'
import { networkFault, queryOf, reportAttempts } from '../limits/attempt-report.ts'
import type { AttemptQuestion, ReportedAttempt } from '../limits/attempt-report.ts'
import { ADMIN_ROLE } from '../policies/policy.ts'
import { UserFieldsError } from '../users/users.ts'
import { actorOf, asOfNow, listHigher, powersOfDoer, refuseHigher } from './authority.ts'
import type { AdministrationParts, Doer } from './parts.ts'
import { getUser } from './users.ts'

/** Failures to sign in and the stops they brought, the latest first. @throws UserFieldsError for a network */
export async function listAttempts(
  parts: Pick<AdministrationParts, 'database' | 'attempts'>,
  question: AttemptQuestion,
): Promise<readonly ReportedAttempt[]> {
  refuseBadNetwork(question)
  return reportAttempts(parts, question)
}

/**
 * Forgets failures and lifts their stops. Without a login or network it forgets everybody's, which is an
 * administrator's to do.
 * @throws UserFieldsError for a network; PosternError `holds_more`
 */
export async function clearAttempts(
  parts: AdministrationParts,
  by: Doer,
  question: AttemptQuestion,
): Promise<{ readonly cleared: number }> {
  refuseBadNetwork(question)
  const { login, network } = question
  const query = await queryOf(parts.database, question)
  const userId = query.person?.userId ?? null
  if (userId !== null) await refuseHigher(parts, parts.database, by, userId)
  if (login === undefined && network === undefined) await refuseAllOfThem(parts, by)
  // A network is many people's: whoever holds more stays stopped, or guesses at him would go on.
  const except = await listHigher(parts, parts.database, by)
  const cleared = await parts.attempts.clear({ ...query, except })
  await recordEvent(parts.database, {
    type: 'attempts_cleared',
    result: 'success',
    actor: actorOf(by),
    ...(login !== undefined && { resource: `user:${login}` }),
    details: { cleared, ...(network !== undefined && { network }) },
  })
  return { cleared }
}

/** Lifts every stop of one person, that after a hundred failures in a row too. @throws PosternError `unknown_user` */
export async function unlockUser(
  parts: AdministrationParts,
  by: Doer,
  who: { readonly login: string },
): Promise<{ readonly login: string; readonly cleared: number }> {
  const { login } = await getUser(parts, who.login)
  return { login, ...(await clearAttempts(parts, by, { login })) }
}

async function refuseAllOfThem({ policies, database }: AdministrationParts, by: Doer): Promise<void> {
  if (by === null) return
  const powers = powersOfDoer(policies.current(), await asOfNow(database, by))
  if (!powers.has(ADMIN_ROLE)) throw new PosternError('holds_more', 'administrators may be among those stopped')
}

function refuseBadNetwork({ network }: AttemptQuestion): void {
  const fault = network === undefined ? null : networkFault(network)
  if (fault !== null) throw new UserFieldsError({ network: fault })
}
