import { recordEvent } from '../audit/events.ts'
import { PosternError } from '../errors.ts'
import { OWN_PREFIX } from '../lib/permissions.ts'
import { applyPolicy as apply } from '../policies/apply.ts'
import type { AlsoApplied, Applied, MayApply } from '../policies/apply.ts'
import { FIND_LATEST_POLICY, FIND_POLICY, FIND_POLICY_BEFORE, PAGE_POLICIES } from '../policies/policies-table.ts'
import type { PolicyRow } from '../policies/policies-table.ts'
import { rollBackPolicy } from '../policies/rollback.ts'
import { UserFieldsError } from '../users/users.ts'
import { actorOf, asLongAs, powersOfDoer } from './authority.ts'
import { authorOf } from './grants.ts'
import { pageOf } from './parts.ts'
import type { AdministrationParts, Doer, Page } from './parts.ts'

/** A version without its source. */
export type PolicyVersion = Omit<PolicyRow, 'source' | 'digest'>

export interface NewPolicy {
  /** Text of the policy file. */
  readonly source: string
  readonly reason: string
  /** Version that must be in force, as the doer has seen it: 0 for none yet. Not compared unless given. */
  readonly expectedVersion?: number
}

type PolicyParts = Pick<AdministrationParts, 'config' | 'database' | 'policies'>
type Done = Extract<Applied, { kind: 'applied' | 'unchanged' | 'invalid' }>

const GREATEST_VERSION = 2 ** 31 - 1
const MAX_REASON = 500
/** No control characters, line breaks or lone surrogates, nor what turns the direction of the text around it. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u

/** The latest first. @param after version of the last on the page before */
export async function listVersions(
  { database }: Pick<PolicyParts, 'database'>,
  { after, limit }: { readonly after?: string; readonly limit: number },
): Promise<Page<PolicyVersion>> {
  const before = after === undefined ? GREATEST_VERSION : versionNumber(after)
  if (before === null) throw new PosternError('bad_request', 'after is no version')
  const rows = await database.query(PAGE_POLICIES, before, limit + 1)
  return pageOf(rows, limit, ({ version }) => String(version))
}

/** @throws PosternError `nothing_there` */
export async function getVersion({ database }: Pick<PolicyParts, 'database'>, version: number): Promise<PolicyRow> {
  const [row] =
    Number.isInteger(version) && version > 0 && version <= GREATEST_VERSION
      ? await database.query(FIND_POLICY, version)
      : []
  if (row === undefined) throw new PosternError('nothing_there', `no version ${version}`)
  return row
}

/** The newest that is older than a version; null for the first. */
export async function versionBefore(
  { database }: Pick<PolicyParts, 'database'>,
  version: number,
): Promise<PolicyRow | null> {
  const [row] = await database.query(FIND_POLICY_BEFORE, version)
  return row ?? null
}

/** The version that was applied last; null before the first. */
export async function latestVersion({ database }: Pick<PolicyParts, 'database'>): Promise<PolicyRow | null> {
  const [row] = await database.query(FIND_LATEST_POLICY)
  return row ?? null
}

/**
 * Puts a policy in force, or tells what is wrong with it.
 * @throws UserFieldsError for the reason; PosternError `policy_in_file`, `changed_since`, `not_yours_to_give` where it
 *   changes what roles may do of Postern beyond what the doer may
 */
export async function applyPolicy(
  parts: PolicyParts,
  by: Doer,
  { source, reason, expectedVersion }: NewPolicy,
): Promise<Done> {
  const applied = await apply(parts.database, {
    ...(await gate(parts, by, reason, expectedVersion)),
    source,
    onlyForward: false,
  })
  return inForce(parts, applied)
}

/** Puts an earlier version in force again, as a new one. @throws as `applyPolicy`; PosternError `nothing_there` */
export async function rollBack(
  parts: PolicyParts,
  by: Doer,
  { version, reason, expectedVersion }: Omit<NewPolicy, 'source'> & { readonly version: number },
): Promise<Done> {
  await getVersion(parts, version)
  const applied = await rollBackPolicy(parts.database, { ...(await gate(parts, by, reason, expectedVersion)), version })
  if (applied.kind === 'unknown') throw new PosternError('nothing_there', `no version ${version}`)
  return inForce(parts, applied)
}

/** Null for what is no version's number. */
export function versionNumber(text: string): number | null {
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null
}

interface Gate {
  readonly by: string
  readonly reason: string
  readonly also: AlsoApplied
  readonly mayApply: MayApply
}

async function gate(parts: PolicyParts, by: Doer, written: string, expected: number | undefined): Promise<Gate> {
  const { config, policies } = parts
  const reason = written.trim()
  if (config.policyFile !== null) throw new PosternError('policy_in_file')
  if (reason === '' || reason.length > MAX_REASON || CONTROLS.test(reason))
    throw new UserFieldsError({ reason: `Say why, in 1 to ${MAX_REASON} characters without line breaks.` })
  await policies.refresh()
  return {
    by: authorOf(by),
    reason,
    also: (tx, applied) =>
      recordEvent(tx, {
        type: 'policy_applied',
        result: 'success',
        actor: actorOf(by),
        resource: `policy:${applied.version}`,
        details: { ...applied },
      }),
    async mayApply(tx, { inForce: version, policy }) {
      if (expected !== undefined && expected !== version) throw new PosternError('changed_since')
      if (by === null) return
      if (policies.version !== version) throw new PosternError('changed_since', 'applied a moment ago')
      const powers = powersOfDoer(policies.current(), await asLongAs(tx, by))
      const changed = changedPowers(policies.current().roles, policy.roles)
      if (!changed.every((power) => powers.has(power))) throw new PosternError('not_yours_to_give')
    },
  }
}

/** Permissions of Postern that some role gains or loses. */
function changedPowers(
  before: ReadonlyMap<string, readonly string[]>,
  after: ReadonlyMap<string, readonly string[]>,
): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((role) => {
    const [was, is] = [ownOf(before.get(role)), ownOf(after.get(role))]
    return [...was.filter((name) => !is.includes(name)), ...is.filter((name) => !was.includes(name))]
  })
}

function ownOf(permissions: readonly string[] = []): string[] {
  return permissions.filter((name) => name.startsWith(OWN_PREFIX))
}

async function inForce({ policies }: PolicyParts, applied: Applied): Promise<Done> {
  if (applied.kind === 'invalid') return applied
  await policies.refresh()
  return { kind: applied.kind === 'applied' ? 'applied' : 'unchanged', version: applied.version }
}
