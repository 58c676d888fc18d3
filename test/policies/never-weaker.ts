import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { OriginalRequest } from '../../src/lib/original-request.ts'
import { readTarget } from '../../src/lib/target.ts'
import type { CompiledPolicy } from '../../src/policies/compile.ts'
import { compilePolicy } from '../../src/policies/compile.ts'
import { decide, judge } from '../../src/policies/evaluate.ts'
import { PATH_FOLDS } from '../../src/policies/path-folds.ts'
import type { PathFold } from '../../src/policies/path-folds.ts'
import { encodePath } from '../support/encode-path.ts'
import { READERS } from '../support/readers.ts'
import type { Reader } from '../support/readers.ts'
import { NOW, request } from './fixture.ts'
import { oddPath, policyFrom, question, ROLES, rules, VISITORS } from './generated.ts'
import { createReference, strictnessOf } from './reference.ts'
import type { Question, Strictness } from './reference.ts'

/** Targets that are tried with each generated policy. */
export const TARGETS = 50

const readers = Object.entries(READERS)
const FOLDS = [...new Set(readers.map(([, { fold }]) => fold))]

/**
 * What a request path gives no visitor more than: the rules for what some server reads in it.
 * @param folds some left out, to see that it fails
 */
export function neverWeaker(folds: readonly PathFold[] = PATH_FOLDS) {
  const targets = fc.array(oddPath, { minLength: TARGETS, maxLength: TARGETS })
  return fc.property(rules, question, targets, (list, asked, paths) => {
    const policy = compilePolicy(policyFrom(list), folds)
    const references = new Map(FOLDS.map((fold) => [fold, createReference(list, ROLES, fold)]))
    for (const path of paths.filter(isReadable)) {
      const own = strictnesses(policy, path, asked)
      for (const [fold, reference] of references) {
        for (const [text, name] of whatServersRead(path, fold)) {
          // However it is composed, a name in the policy is that name (PATH-44).
          const read = VISITORS.map((who) => reference.judge(text.normalize('NFC'), asked, who))
          assertAtLeast(own, read, `${name}: ${path} as ${text}`)
        }
      }
    }
  })
}

/** The same for the address that asks for just that without any detour. */
export function neverWeakerThanPlainAddress() {
  const targets = fc.array(oddPath, { minLength: 10, maxLength: 10 })
  return fc.property(rules, question, targets, (list, asked, paths) => {
    const policy = compilePolicy(policyFrom(list))
    for (const path of paths.filter(isReadable)) {
      const own = strictnesses(policy, path, asked)
      for (const [text, name] of FOLDS.flatMap((fold) => [...whatServersRead(path, fold)])) {
        const plain = encodePath(text)
        // Where an escape is left, another request is meant than one with its percent sign escaped.
        if (text.includes('%') || !isReadable(plain)) continue
        // Half decoded, a path may have more readings than are judged.
        if (judge(policy, ask(plain, asked)).kind === 'refuse') continue
        assertAtLeast(own, strictnesses(policy, plain, asked), `${name}: ${path} as ${plain}`)
      }
    }
  })
}

/** What each of `VISITORS` gets. */
export function strictnesses(policy: CompiledPolicy, path: string, asked: Question): Strictness[] {
  const judgement = judge(policy, ask(path, asked))
  return VISITORS.map((who) => strictnessOf(decide(judgement, who, NOW)))
}

/** The request that asks it of the generated app. */
export function ask(path: string, { method, query, clientAddress }: Question): OriginalRequest {
  return request('app.test', path + query, method, { clientAddress })
}

/** False for what is refused before any rule is asked. */
export function isReadable(path: string): boolean {
  return typeof readTarget(path) !== 'string'
}

function assertAtLeast(own: readonly Strictness[], other: readonly Strictness[], message: string): void {
  for (const [place, least] of other.entries())
    assert.ok((own[place] ?? 0) >= least, `${message}: ${own.join()} for ${other.join()}`)
}

/** Each text once, with the first server that reads it so and compares it so. */
function whatServersRead(path: string, fold: Reader['fold']): ReadonlyMap<string, string> {
  const texts = new Map<string, string>()
  for (const [name, reader] of readers) {
    if (reader.fold !== fold) continue
    const text = reader.read(path)
    if (text !== null && !texts.has(text)) texts.set(text, name)
  }
  return texts
}
