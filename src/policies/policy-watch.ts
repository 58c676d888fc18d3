import { readFile } from 'node:fs/promises'
import type { Log } from '../observe/log.ts'
import type { Database } from '../store/database.ts'
import { applyPolicy } from './apply.ts'
import type { AlsoApplied, Applied } from './apply.ts'
import { describeMistakes } from './policy-file.ts'

/** A policy file that is applied whenever its text changes. */
export interface PolicyWatch {
  /** Looks once; resolves when what was found is applied or refused. Never rejects. */
  check(): Promise<void>
  /** Why the file as it stands is not the policy, or null. */
  readonly fault: string | null
}

/**
 * Compares the text, not the time of the file: what mounts a new file by swapping links keeps times as it likes.
 * At the first look a file that is an earlier version doesn't count: a replica with an old file must not win.
 */
export function watchPolicyFile(
  path: string,
  database: Database,
  { log, also }: { readonly log: Pick<Log, 'info' | 'warn'>; readonly also?: AlsoApplied },
): PolicyWatch {
  let seen: { readonly source: string; readonly fault: string | null } | null = null
  let fault: string | null = null
  const refuse = (sentence: string): void => {
    if (sentence !== fault) log.warn({ file: path }, sentence)
    fault = sentence
  }
  const apply = async (source: string, onlyForward: boolean): Promise<void> => {
    const applied = await applyPolicy(database, {
      source,
      by: 'policy file',
      reason: path,
      onlyForward,
      ...(also !== undefined && { also }),
    })
    seen = { source, fault: faultOf(path, applied) }
    if (applied.kind === 'applied') log.info({ file: path, version: applied.version }, 'policy applied')
  }
  return {
    get fault() {
      return fault
    },
    async check() {
      try {
        const source = await readFile(path, 'utf8')
        if (source !== seen?.source) await apply(source, seen === null)
        if (seen?.fault) refuse(seen.fault)
        else fault = null
      } catch (error) {
        refuse(`The policy file can't be applied: ${error instanceof Error ? error.message : String(error)}`)
      }
    },
  }
}

function faultOf(path: string, applied: Applied): string | null {
  switch (applied.kind) {
    case 'invalid':
      return `The policy file is not applied. ${describeMistakes(path, applied.mistakes)}`
    case 'older':
      return `The policy file is not applied: it is version ${applied.version}, which a newer one replaced.`
    case 'applied':
    case 'unchanged':
      return null
  }
}
