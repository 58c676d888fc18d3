import type { WantedServer } from '../config/database-address.ts'

/** What a server told of itself. */
export interface ServerFacts {
  readonly isInRecovery: boolean
  readonly isReadOnly: boolean
  /** Empty where it doesn't tell. */
  readonly system: string
  /** 0 where it doesn't tell. */
  readonly timeline: number
}

/** What was followed last; nothing older is followed again. */
export type Followed = Pick<ServerFacts, 'system' | 'timeline'>

export interface Choosing {
  readonly wanted: WantedServer
  /** True where a server must prove that it isn't one which others have left behind. */
  readonly isOneOfSeveral: boolean
  /** Null until a server was followed. */
  readonly followed: Followed | null
}

/** Why a server is not the one to be used, as the end of a sentence that begins with its name; null for one that fits. */
export function whyUnfit(facts: ServerFacts, { wanted, isOneOfSeveral, followed }: Choosing): string | null {
  if (wanted === 'any') return null
  if (wanted === 'standby') return facts.isInRecovery ? null : 'is no standby'
  if (facts.isInRecovery) return 'is a standby, which takes no writes'
  if (wanted === 'read-write' && facts.isReadOnly) return 'takes no writes: default_transaction_read_only is on'
  if (isOneOfSeveral && facts.system === '') {
    return 'does not tell which it is: let the role execute pg_control_system, pg_control_checkpoint and pg_current_wal_lsn'
  }
  if (followed === null || followed.system === '') return null
  if (facts.system !== followed.system) {
    return 'holds another database than before: if that is meant, start Postern anew'
  }
  return facts.timeline < followed.timeline ? leftBehind(facts, followed) : null
}

/** Whether others need not be waited for: it is newer than all that was known. */
export function isSurelyRight(facts: ServerFacts, choosing: Choosing): boolean {
  const { followed, wanted } = choosing
  if (whyUnfit(facts, choosing) !== null) return false
  return wanted === 'standby' || (followed !== null && facts.timeline > followed.timeline)
}

/**
 * The server to use, of those that answered: the one on the newest timeline, the first of equal ones but for the one in
 * use.
 * @param answers in the order of the URL; null for those that didn't answer
 * @param usedIndex of the one in use, or -1
 */
export function chooseServer(
  answers: readonly (ServerFacts | null)[],
  choosing: Choosing,
  usedIndex: number,
): number | null {
  const rankOf = (index: number): number => (index === usedIndex ? -1 : index)
  const fitting = answers
    .map((facts, index) => ({ facts, index }))
    .filter((each) => each.facts !== null && whyUnfit(each.facts, choosing) === null)
    .toSorted(
      (one, other) => timelineOf(other.facts) - timelineOf(one.facts) || rankOf(one.index) - rankOf(other.index),
    )
  return fitting[0]?.index ?? null
}

function timelineOf(facts: ServerFacts | null): number {
  return facts === null || facts.isInRecovery ? 0 : facts.timeline
}

function leftBehind({ timeline }: ServerFacts, { timeline: newest }: Followed): string {
  return `was left behind: another server took over after timeline ${timeline}, and timeline ${newest} is in use`
}
