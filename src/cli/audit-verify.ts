import type { Command } from 'commander'
import type { ReadChain } from '../audit/verify-source.ts'
import type { Verified } from '../audit/verify.ts'
import { verifyChain } from '../audit/verify.ts'
import type { Reply } from '../commands/control.ts'
import { OperatorError } from '../errors.ts'
import { withJson } from './command.ts'
import type { Options, Order, Show } from './command.ts'
import type { RunInTurn } from './users-file.ts'

const HASH = /^(?:\d+:)?([0-9a-f]{64})$/
const TELL_EVERY_MS = 250
/** What a person reads; programs get a thousand. */
const MAX_TOLD = 50

export interface VerifyCommandParts {
  readonly order: Order
  readonly show: Show
  readonly inTurn: RunInTurn
}

/** `audit verify` and `audit key`. */
export function auditVerifyCommands(audit: Command, { order, show, inTurn }: VerifyCommandParts): void {
  withJson(audit.command('verify').description('find what was changed, removed, added or reordered in the record'))
    .option('--head <hash>', 'a head that was written down elsewhere, which the chain must still have')
    .action(async (options: Options) => {
      const head = headOf(options['head'])
      const verified = await inTurn((run) => verify(readOver(run), head))
      show({ exitCode: verified.ok ? 0 : 1, text: report(verified), data: verified }, options)
    })
  withJson(audit.command('key').description('the public keys that heads and batches are signed by')).action(
    (options: Options) => order('audit key', {}, options),
  )
}

function headOf(given: unknown): string | null {
  if (given === undefined) return null
  const hash = typeof given === 'string' ? HASH.exec(given.toLowerCase())?.[1] : undefined
  if (hash === undefined) throw new OperatorError('--head is the hash of a batch: 64 hexadecimal digits.', 2)
  return hash
}

/** Pages come from where the database is, which may be the running server. */
function readOver(run: (command: string, given: Options) => Promise<Reply>): ReadChain {
  const read = async (what: string, given: object): Promise<unknown> => {
    const reply = await run('audit pages', { what, given })
    if ('refusal' in reply) throw new OperatorError(reply.refusal, reply.exitCode)
    return reply.result.data
  }
  return read as ReadChain
}

async function verify(read: ReadChain, head: string | null): Promise<Verified> {
  if (!process.stderr.isTTY) return verifyChain(read, { head })
  let toldAt = 0
  const onProgress = (rows: number, ofAbout: number): void => {
    if (performance.now() - toldAt < TELL_EVERY_MS) return
    toldAt = performance.now()
    process.stderr.write(`\r${rows} rows of about ${ofAbout}`)
  }
  const verified = await verifyChain(read, { head, onProgress })
  process.stderr.write(`\r${verified.rows} rows checked.${' '.repeat(30)}\n`)
  return verified
}

function report(verified: Verified): string {
  const { rows, batches, heads, head, keyIds, unsealed, sealedLate, removals, ok, faults, counts } = verified
  const [removal] = removals
  const lines = [
    ok ? 'The record is as it was written.' : 'The record was tampered with:',
    ...faults.slice(0, MAX_TOLD).map(({ text }) => `  ${text}`),
    ...(faults.length > MAX_TOLD
      ? [`  … and more: ${countsText(counts)}. With --json the first thousand are listed.`]
      : []),
    `${rows} rows, ${batches} batches, ${heads} heads of days, signed by key ${keyIds.join(', ')}.`,
    ...(head === null ? [] : [`Head: ${head.number}:${head.hash}`]),
    ...(unsealed > 0 ? [`${unsealed} rows are not sealed yet; a running server does it within seconds.`] : []),
    ...(sealedLate > 0
      ? [`${sealedLate} rows were sealed more than an hour after they were written: was no server running then?`]
      : []),
    ...(removal === undefined
      ? []
      : [
          `Rows 1 to ${removal.removedTo} were removed by retention, those from before ${removal.before.slice(0, 10)}.`,
        ]),
  ]
  return lines.join('\n')
}

function countsText(counts: Verified['counts']): string {
  return Object.entries(counts)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ')
}
