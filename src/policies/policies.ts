import { setImmediate as takeTurns } from 'node:timers/promises'
import { OperatorError } from '../errors.ts'
import { withDeadline } from '../lib/deadline.ts'
import type { Queryable } from '../store/database.ts'
import { compilePolicy, compilePolicyInSlices } from './compile.ts'
import type { CompiledPolicy } from './compile.ts'
import { FIND_NEWER_POLICY } from './policies-table.ts'
import type { PolicyRow } from './policies-table.ts'
import { readPolicyFile } from './policy-file.ts'
import { readPolicyAside } from './read-aside.ts'

/** The policy that decides in this process: always a whole one, swapped at once. */
export interface Policies {
  current(): CompiledPolicy
  /** 0 before any policy was applied: then everything is forbidden. */
  readonly version: number
  /** Takes over a newer version from the database, if there is one. While that goes on, it resolves after a later look. */
  refresh(): Promise<void>
  /** The same where the database may have gone back to before a version that was taken over. */
  refreshAnew(): Promise<void>
}

/** A connection that hangs must not keep the next look from another one. */
const DEADLINE_MS = 700

/** Nothing but forbids, until the first policy is there. */
const NO_POLICY = compilePolicy({ roles: new Map(), apps: [], tests: [] })

/** @param onChange told of every version that was taken over */
export function createPolicies(database: Queryable, onChange: (version: number) => void): Policies {
  let current = NO_POLICY
  let version = 0
  let digest: Buffer | null = null
  let isDoubtful = false
  const takeOver = async (): Promise<void> => {
    const isAnew = isDoubtful
    const [newer] = await withDeadline(database.query(FIND_NEWER_POLICY, isAnew ? 0 : version), DEADLINE_MS)
    isDoubtful = isDoubtful && !isAnew
    if (newer === undefined || (newer.version <= version && !isAnew)) return
    if (newer.version === version && digest?.equals(newer.digest) === true) return
    // Before the first policy nobody waits for answers, and a thread takes longer to start than most take to read.
    current = version === 0 ? compileNow(newer) : await compileAside(newer)
    version = newer.version
    digest = newer.digest
    onChange(version)
  }
  let running: Promise<void> | null = null
  let next: Promise<void> | null = null
  const start = (): Promise<void> => {
    running = takeOver().finally(() => (running = null))
    return running
  }
  const refresh = (): Promise<void> => {
    if (running === null) return start()
    const after = running.catch(() => undefined)
    next ??= after.then(() => {
      next = null
      return start()
    })
    return next
  }
  return {
    current: () => current,
    get version() {
      return version
    },
    refresh,
    refreshAnew() {
      isDoubtful = true
      return refresh()
    },
  }
}

function compileNow(row: PolicyRow): CompiledPolicy {
  const policy = readPolicyFile(row.source)
  if (Array.isArray(policy)) throw unreadable(row)
  return compilePolicy(policy)
}

async function compileAside(row: PolicyRow): Promise<CompiledPolicy> {
  const policy = await readPolicyAside(row.source)
  if (Array.isArray(policy)) throw unreadable(row)
  return compilePolicyInSlices(policy, takeTurns)
}

function unreadable({ version }: PolicyRow): OperatorError {
  return new OperatorError(
    `Policy version ${version} in the database can't be read by this version of Postern. ` +
      'Start the version that applied it, or apply a policy that this one can read.',
  )
}
