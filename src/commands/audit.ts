import { OperatorError } from '../errors.ts'
import { publicKeysOf } from '../audit/chain-keys.ts'
import { readChainOf } from '../audit/verify-source.ts'
import type { ChainPages } from '../audit/verify-source.ts'
import { done, textOf } from './command.ts'
import type { Command } from './command.ts'

const PARTS: readonly (keyof ChainPages)[] = [
  'keys',
  'end',
  'batches',
  'rows',
  'heads',
  'removals',
  'names',
  'hashesAs',
]

/** The public keys of the chain, for whoever checks heads elsewhere. */
export const printChainKeys: Command = async ({ keys }) => {
  const list = publicKeysOf(keys.audit)
  return done(list.map(({ id, pem }) => `key ${id}\n${pem}`).join('\n'), list)
}

/** One page of what the log is verified by; verifying itself is done where the command was called. */
export const readChainPage: Command = async ({ database, keys }, given) => {
  const what = textOf(given, 'what')
  const part = PARTS.find((name) => name === what)
  if (part === undefined) throw new OperatorError(`The chain has no part ${what}.`, 2)
  const read = readChainOf(database, publicKeysOf(keys.audit))
  return done('', await read(part, given['given'] as never))
}
