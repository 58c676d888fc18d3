import { recordEvent } from '../audit/events.ts'
import type { OwnFactor } from '../credentials/own-factors.ts'
import { OperatorError } from '../errors.ts'
import { notify } from '../mail/outbox.ts'
import { raiseSessionEpoch } from '../users/session-epoch.ts'
import { getUser } from '../users/users.ts'
import { counted, done, table, textOf } from './command.ts'
import type { Command } from './command.ts'

const KINDS = { totp: 'authenticator app', webauthn: 'security key or passkey' } as const

export const listFactors: Command = async ({ database, ownFactors }, given) => {
  const { id, login } = await getUser(database, textOf(given, 'login'))
  const factors = await ownFactors.list(database, id)
  const { recovery } = await ownFactors.count(database, id)
  const described = factors.map(describe)
  const rows = table(
    ['NAME', 'KIND', 'ADDED', 'LAST USED', 'REMARK'],
    factors.map((factor, at) => [
      factor.name,
      KINDS[factor.kind],
      described[at]?.added_at ?? '',
      described[at]?.last_used_at ?? 'never',
      factor.copySuspectedAt === null ? '' : 'perhaps copied',
    ]),
  )
  const text =
    factors.length === 0 ? `${login} has no second factor.` : `${rows}\n${counted(recovery, 'recovery code')} left`
  return done(text, { login, factors: described, recovery_codes_left: recovery })
}

export const resetFactors: Command = async ({ database, feed, sessions, ownFactors }, given) => {
  const { id, login } = await getUser(database, textOf(given, 'login'))
  const outcome = await feed.commit(database, async (tx) => {
    const removed = await ownFactors.reset(tx, id)
    if (removed === 0) return null
    await raiseSessionEpoch(tx, id)
    const ended = await sessions.endAllIn(tx, login, 'revoked')
    const about = { resource: `user:${login}`, details: { removed } }
    await recordEvent(tx, { type: 'factors_reset', result: 'success', actor: null, ...about })
    await notify(tx, id, 'factors_reset')
    return { removed, ended }
  })
  if (outcome === null) throw new OperatorError(`${login} has no second factor.`)
  const { removed, ended } = outcome
  const text = `Removed ${counted(removed, 'second factor')} of ${login} with the recovery codes; ended ${counted(ended, 'session')}.`
  return done(text, { login, removed, ended })
}

interface DescribedFactor {
  readonly name: string
  readonly kind: OwnFactor['kind']
  readonly added_at: string
  readonly last_used_at: string | null
  readonly copy_suspected_at: string | null
}

function describe({ name, kind, addedAt, lastUsedAt, copySuspectedAt }: OwnFactor): DescribedFactor {
  const [used, copied] = [lastUsedAt?.toISOString() ?? null, copySuspectedAt?.toISOString() ?? null]
  return { name, kind, added_at: addedAt.toISOString(), last_used_at: used, copy_suspected_at: copied }
}
