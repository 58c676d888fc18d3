import * as administration from '../administration/factors.ts'
import type { OwnFactor } from '../credentials/own-factors.ts'
import { counted, done, orSay, table, textOf } from './command.ts'
import type { Command } from './command.ts'

const KINDS = { totp: 'authenticator app', webauthn: 'security key or passkey' } as const

export const listFactors: Command = async (context, given) => {
  const { login, factors, recoveryCodesLeft } = await administration.listFactors(context, textOf(given, 'login'))
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
    factors.length === 0
      ? `${login} has no second factor.`
      : `${rows}\n${counted(recoveryCodesLeft, 'recovery code')} left`
  return done(text, { login, factors: described, recovery_codes_left: recoveryCodesLeft })
}

export const resetFactors: Command = async (context, given) => {
  const login = textOf(given, 'login')
  const resetting = administration.resetFactors(context, null, { login })
  const { removed, ended } = await orSay(`${login} has no second factor.`, resetting)
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
