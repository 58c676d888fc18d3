import { readFile } from 'node:fs/promises'
import { describeMistakes } from './policy-file.ts'
import type { PolicyWatch } from './policy-watch.ts'
import { readTestedPolicy } from './run-tests.ts'

/** Looks at a policy file that another process applies, so that this one as well can say why it is not the policy. */
export function lookAtPolicyFile(path: string): PolicyWatch {
  let seen: { readonly source: string; readonly fault: string | null } | null = null
  let fault: string | null = null
  return {
    get fault() {
      return fault
    },
    async check() {
      try {
        const source = await readFile(path, 'utf8')
        if (source !== seen?.source) seen = { source, fault: await faultIn(path, source) }
        fault = seen.fault
      } catch (error) {
        fault = `The policy file can't be read: ${error instanceof Error ? error.message : String(error)}`
      }
    },
  }
}

/**
 * One watch of several processes over one file: the process that leads applies it, the others look at it.
 * @param leads asked at every look, as another process may take over
 */
export function watchInTurn(applying: PolicyWatch, looking: PolicyWatch, leads: () => Promise<boolean>): PolicyWatch {
  let acting = applying
  return {
    get fault() {
      return acting.fault
    },
    async check() {
      const next = (await leads().catch(() => false)) ? applying : looking
      await next.check()
      acting = next
    },
  }
}

async function faultIn(path: string, source: string): Promise<string | null> {
  const tested = await readTestedPolicy(source)
  return Array.isArray(tested) ? `The policy file is not applied. ${describeMistakes(path, tested)}` : null
}
