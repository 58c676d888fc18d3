import { setTimeout as delay } from 'node:timers/promises'
import { createChainSigner } from '../audit/chain-keys.ts'
import type { ChainSigner } from '../audit/chain-keys.ts'
import { COUNT_UNSEALED } from '../audit/chain-table.ts'
import { dropPartitions, makePartitions } from '../audit/partitions.ts'
import { sealBatch } from '../audit/seal.ts'
import type { ChainEnd, Sealed } from '../audit/seal.ts'
import { every } from '../lib/every.ts'
import type { Context } from '../parts/context.ts'

const SEAL_MS = 2_000
const COUNT_MS = 15_000
/** Beyond the current one there are three months, so a day without is nothing. */
const PARTITIONS_MS = 3_600_000
/** One round of a backlog, so that the first start after an upgrade ends some time. */
const MAX_BATCHES_A_ROUND = 50

/** Seals the audit log, keeps its months and counts what waits; of all processes one does at a time. */
export function keepSealing(context: Context, opened: AsyncDisposableStack): void {
  const { keys, log } = context
  const signer = createChainSigner(keys.audit)
  const seal = createSealer(context, signer)
  const tell = createTrouble(context)
  const timers = [
    every(
      SEAL_MS,
      () => tell.of(seal),
      (error) => tell.failed(error),
    ),
    every(COUNT_MS, createCount(context), (error) => log.debug({ err: error }, 'audit rows are not counted')),
    every(
      PARTITIONS_MS,
      () => keepMonths(context, signer),
      (error) => log.warn({ err: error }, 'months of the audit log are not kept yet'),
    ),
  ]
  // At once as well: rows that lie in the default partition would be many by the next round.
  const first = keepMonths(context, signer).catch((error: unknown) =>
    log.warn({ err: error }, 'months of the audit log are not kept yet'),
  )
  opened.defer(async () => {
    for (const timer of timers) timer.stop()
    await first
    await seal().catch((error: unknown) => log.warn({ err: error }, 'the last audit rows are sealed at the next start'))
  })
}

type Parts = Pick<Context, 'database' | 'log'> & {
  readonly metrics: Pick<Context['metrics'], 'auditBatchSealed' | 'auditChainBroken'>
}

/**
 * Seals all that waits at each call. Remembers the end of the chain, so that a chain that was cut meanwhile is told at
 * once.
 */
export function createSealer({ database, log, metrics }: Parts, signer: ChainSigner): () => Promise<void> {
  let known: ChainEnd | null = null
  const look = (sealed: Sealed): void => {
    const { from, to, head } = sealed
    if (
      known !== null &&
      (from === null || from.number < known.number || (from.number === known.number && from.hash !== known.hash))
    ) {
      metrics.auditChainBroken()
      log.error(
        { known: endText(known), found: endText(from) },
        'the chain of the audit log was cut or rewritten: run postern audit verify',
      )
    }
    known = to
    if (head !== null)
      log.info({ head: endText(head), day: head.day, keyId: head.keyId, signature: head.signature }, 'audit head')
    if (sealed.rows > 0) metrics.auditBatchSealed()
  }
  return async () => {
    for (let round = 0; round < MAX_BATCHES_A_ROUND; round++) {
      const begun = performance.now()
      const sealed = await sealBatch(database, signer)
      if (sealed === null) return
      look(sealed)
      if (!sealed.more) return
      // A backlog leaves the database to others for as long as it took it.
      await delay(performance.now() - begun)
    }
  }
}

type CountParts = Pick<Context, 'database' | 'log'> & {
  readonly metrics: Pick<Context['metrics'], 'auditUnsealed' | 'auditChainBroken'>
}

/** Counts what waits at each call, and tells once of rows that will wait for ever. */
export function createCount({ database, log, metrics }: CountParts): () => Promise<void> {
  let isTold = false
  return async () => {
    const [row] = await database.query(COUNT_UNSEALED)
    metrics.auditUnsealed(row?.count ?? null)
    if (row?.is_renumbered === true && !isTold) {
      metrics.auditChainBroken()
      log.error('rows of the audit log have numbers that were given before: its sequence was set back (docs/audit.md)')
    }
    isTold = row?.is_renumbered === true
  }
}

/** As `--head` takes it; a member called hash would be taken for a secret. */
function endText(end: ChainEnd | null): string {
  return end === null ? 'none' : `${end.number}:${end.hash}`
}

/** Trouble is told when it begins and when it is over. */
function createTrouble({ log }: Pick<Context, 'log'>) {
  let trouble = false
  return {
    async of(work: () => Promise<void>): Promise<void> {
      await work()
      if (trouble) log.info('the audit log is sealed again')
      trouble = false
    },
    failed(error: unknown): void {
      if (!trouble) log.warn({ err: error }, 'the audit log can not be sealed yet')
      trouble = true
    },
  }
}

async function keepMonths(
  { database, log, config }: Pick<Context, 'database' | 'log' | 'config'>,
  signer: ChainSigner,
): Promise<void> {
  const made = await makePartitions(database)
  if (made > 0) log.info({ made }, 'months of the audit log made')
  const removal = await dropPartitions(database, signer, config.auditRetention)
  if (removal !== null) log.info({ ...removal }, 'months of the audit log removed')
}
