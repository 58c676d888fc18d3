import { isEndable, isKeyPurpose, listKeys, replaceKeysNow, rotateKeys } from '../administration/keys.ts'
import type { KeyStatus } from '../administration/keys.ts'
import { PURPOSES } from '../credentials/live-keys.ts'
import type { KeyPurpose } from '../credentials/live-keys.ts'
import { OperatorError } from '../errors.ts'
import { counted, done, listOf, table } from './command.ts'
import type { Command, CommandResult } from './command.ts'

const DAY_S = 86_400

/** Sentences for what needs a key, and how it comes to need it no more. */
const NEEDS: Readonly<Record<KeyStatus['needs'][number]['what'], readonly [one: string, many: string]>> = {
  sign_ins: ['sign-in', 'sign-ins'],
  api_tokens: ['API token', 'API tokens'],
  links: ['link that was sent', 'links that were sent'],
  devices: ['known device', 'known devices'],
  totp: ['authenticator to seal anew', 'authenticators to seal anew'],
  passkeys: ['passkey to seal anew', 'passkeys to seal anew'],
  codes: ['recovery code', 'recovery codes'],
  replies: ['reply of the API', 'replies of the API'],
  passwords: ['password', 'passwords'],
  old_passwords: ['earlier password', 'earlier passwords'],
}

/** `keys status`: every key, how it stands, and what needs it. */
export const keysStatus: Command = async (context) => {
  const keys = await listKeys(context)
  const rows = keys.map((key) => [
    String(key.id),
    key.purpose,
    key.state,
    key.createdAt.toISOString(),
    String(Math.floor(key.ageSeconds / DAY_S)),
    nextOf(key),
  ])
  const text = table(['ID', 'PURPOSE', 'STATE', 'MADE', 'DAYS', 'NEXT'], rows)
  return done(`${text}\n${wrappedSaid(keys)}`, keys.map(described))
}

/** `keys rotate`: keys that take over from those in use; nobody is signed out. */
export const rotateSomeKeys: Command = async (context, given) => {
  const purposes = purposesOf(listOf(given, 'purposes'), given['all'] === true)
  if (given['endNow'] === true) return endNow(context, purposes, given['yes'] === true)
  const begun = await rotateKeys(context, null, purposes)
  const lines = begun.map(({ kind, purpose, id, mintsAfter }) => {
    const when = `takes over at ${mintsAfter.toISOString()}`
    return kind === 'begun' ? `${purpose}: key ${id} ${when}.` : `${purpose}: under way already, key ${id} ${when}.`
  })
  const after = 'A running server does the rest. See how far it is: postern keys status'
  return done([...lines, after].join('\n'), begun)
}

async function endNow(
  context: Parameters<Command>[0],
  purposes: readonly KeyPurpose[],
  yes: boolean,
): Promise<CommandResult> {
  const [purpose, ...others] = purposes
  if (purpose === undefined || others.length > 0 || !isEndable(purpose))
    throw new OperatorError(
      '--end-now is for token or assertion, one at a time. What sealing, pepper and audit keys made would be lost with them: rotate these without it.',
      2,
    )
  if (!yes)
    throw new OperatorError(
      purpose === 'token'
        ? 'This signs everybody out and ends all API tokens, invitations, reset links and known devices. If that is wanted, add --yes.'
        : 'Apps that keep the old public keys refuse assertions until they read them again. If that is wanted, add --yes.',
    )
  const { id, ended } = await replaceKeysNow(context, null, purpose)
  const what = purpose === 'token' ? ` ${counted(ended, 'sign-in or API token').replace('tokens', 'token')} ended.` : ''
  return done(`${purpose}: key ${id} is in use; what older keys made is refused.${what}`, { purpose, id, ended })
}

function purposesOf(named: readonly string[], all: boolean): readonly KeyPurpose[] {
  if (all === named.length > 0)
    throw new OperatorError(`Name what to rotate, of ${PURPOSES.join(', ')}, or give --all.`, 2)
  if (all) return PURPOSES
  return [...new Set(named)].map((name) => {
    if (!isKeyPurpose(name))
      throw new OperatorError(`There are no keys for ${name}, only for ${PURPOSES.join(', ')}.`, 2)
    return name
  })
}

function nextOf({ state, purpose, since, isOverdue, needs }: KeyStatus): string {
  switch (state) {
    case 'coming':
      return isOverdue ? 'late: start a server, it takes over then' : `takes over at ${since?.toISOString()}`
    case 'minting':
      return 'none'
    case 'ended':
      return `ended ${since?.toISOString()}`
    case 'verifying':
      if (purpose === 'audit') return 'kept for ever: checks what it signed'
      return needs.length === 0 ? 'ends a day after it was retired' : `needed by ${needsSaid(needs)}`
  }
}

function needsSaid(needs: KeyStatus['needs']): string {
  return needs.map(({ what, count }) => `${count} ${NEEDS[what][count === 1 ? 0 : 1]}`).join(', ')
}

function wrappedSaid(keys: readonly KeyStatus[]): string {
  const kept = keys.filter(({ state }) => state !== 'ended')
  const by = (opener: KeyStatus['openedBy']): number => kept.filter(({ openedBy }) => openedBy === opener).length
  const more = [
    ...(by('second') > 0 ? [`${by('second')} by the second`] : []),
    ...(by(null) > 0 ? [`${by(null)} by none: give this process the POSTERN_SECRET_KEY of the others`] : []),
  ]
  return `${counted(by('first'), 'key')} opened by the first secret of POSTERN_SECRET_KEY${more.map((each) => `, ${each}`).join('')}.`
}

function described({
  id,
  purpose,
  state,
  createdAt,
  ageSeconds,
  since,
  isOverdue,
  needs,
  openedBy,
}: KeyStatus): object {
  return {
    id,
    purpose,
    state,
    created_at: createdAt.toISOString(),
    age_seconds: ageSeconds,
    since: since?.toISOString() ?? null,
    overdue: isOverdue,
    needs: Object.fromEntries(needs.map(({ what, count }) => [what, count])),
    opened_by: openedBy,
  }
}
