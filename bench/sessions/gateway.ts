import { startPostern } from '../../test/support/postern-process.ts'
import type { PosternEnv } from '../../test/support/postern-process.ts'
import { HOSTS } from '../cases.ts'
import { asTestContext } from '../place.ts'
import type { Place } from '../place.ts'
import { childrenOf } from '../processes.ts'

/** A `postern serve` that is asked directly, without a proxy between. */
export interface ServingGateway {
  /** Those that answer: its workers, or itself. */
  readonly pids: readonly number[]
  /** Host and port of its listeners. */
  readonly verify: string
  readonly portal: string
  readonly ops: string
}

/** Starts one with further settings than those of the place; it ends with `opened`. */
export async function startGateway(
  place: Place,
  opened: AsyncDisposableStack,
  settings: PosternEnv = {},
): Promise<ServingGateway> {
  const all = { ...place.settings, POSTERN_PUBLIC_URL: `https://${HOSTS.postern}/.postern`, ...settings }
  const { process: child, env } = await startPostern(asTestContext(opened), all)
  const pid = child.pid ?? 0
  return {
    pids: Number(settings['POSTERN_WORKERS'] ?? 1) > 1 ? childrenOf(pid) : [pid],
    verify: env['POSTERN_VERIFY_LISTEN'] ?? '',
    portal: env['POSTERN_LISTEN'] ?? '',
    ops: env['POSTERN_OPS_LISTEN'] ?? '',
  }
}
