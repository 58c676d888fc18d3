import { setImmediate as takeTurns } from 'node:timers/promises'
import { OperatorError } from '../errors.ts'
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
  /** Takes over a newer version from the database, if there is one; one after the other, however many ask. */
  refresh(): Promise<void>
}

/** Nothing but forbids, until the first policy is there. */
const NO_POLICY = compilePolicy({ roles: new Map(), apps: [], tests: [] })

/** @param onChange told of every version that was taken over */
export function createPolicies(database: Queryable, onChange: (version: number) => void): Policies {
  let current = NO_POLICY
  let version = 0
  const takeOver = async (): Promise<void> => {
    const [newer] = await database.query(FIND_NEWER_POLICY, version)
    if (newer === undefined || newer.version <= version) return
    // Before the first policy nobody waits for answers, and a thread takes longer to start than most take to read.
    current = version === 0 ? compileNow(newer) : await compileAside(newer)
    version = newer.version
    onChange(version)
  }
  let last: Promise<void> = Promise.resolve()
  return {
    current: () => current,
    get version() {
      return version
    },
    refresh() {
      const next = last.then(takeOver)
      last = next.catch(() => undefined)
      return next
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
