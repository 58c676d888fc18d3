import { OperatorError } from '../errors.ts'
import type { Queryable } from '../store/database.ts'
import { compilePolicy } from './compile.ts'
import type { CompiledPolicy } from './compile.ts'
import { FIND_NEWER_POLICY } from './policies-table.ts'
import { readPolicyFile } from './policy-file.ts'

/** The policy that decides in this process: always a whole one, swapped at once. */
export interface Policies {
  current(): CompiledPolicy
  /** 0 before any policy was applied: then everything is forbidden. */
  readonly version: number
  /** Takes over a newer version from the database, if there is one. */
  refresh(): Promise<void>
}

/** Nothing but forbids, until the first policy is there. */
const NO_POLICY = compilePolicy({ roles: new Map(), apps: [] })

/** @param onChange told of every version that was taken over */
export function createPolicies(database: Queryable, onChange: (version: number) => void): Policies {
  let current = NO_POLICY
  let version = 0
  return {
    current: () => current,
    get version() {
      return version
    },
    async refresh() {
      const [newer] = await database.query(FIND_NEWER_POLICY, version)
      if (newer === undefined || newer.version <= version) return
      const policy = readPolicyFile(newer.source)
      if (Array.isArray(policy))
        throw new OperatorError(
          `Policy version ${newer.version} in the database can't be read by this version of Postern. ` +
            'Start the version that applied it, or apply a policy that this one can read.',
        )
      current = compilePolicy(policy)
      version = newer.version
      onChange(version)
    },
  }
}
