import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { readTarget } from '../../src/lib/target.ts'
import { compilePolicy } from '../../src/policies/compile.ts'
import { decide, judge } from '../../src/policies/evaluate.ts'
import { explain } from '../../src/policies/explain.ts'
import type { PolicyRule } from '../../src/policies/policy.ts'
import { readingsOf } from '../../src/policies/readings.ts'
import { NOW } from './fixture.ts'
import { oddPath, plainPath, policyFrom, question, ROLES, rules, VISITORS } from './generated.ts'
import { ask, isReadable, neverWeaker, neverWeakerThanPlainAddress, strictnesses, TARGETS } from './never-weaker.ts'
import { createReference } from './reference.ts'
import { IS_LONG } from '../support/long.ts'

/** Policies with fifty targets each: 100,000 targets in the long suites. */
const POLICIES = IS_LONG ? 2_000 : 300

test(`PATH-55: nobody gets more for a path than for what any server reads in it, ${POLICIES * TARGETS} targets`, () => {
  fc.assert(neverWeaker(), { numRuns: POLICIES })
})

test('PATH-55: nobody gets more for a path than for the plain address of what any server reads in it', () => {
  fc.assert(neverWeakerThanPlainAddress(), { numRuns: 300 })
})

test('PATH-56: which unreserved characters are escaped never changes a verdict', () => {
  const places = fc.array(fc.boolean(), { minLength: 60, maxLength: 60 })
  fc.assert(
    fc.property(rules, question, fc.oneof(plainPath, oddPath), places, (list, asked, path, escaped) => {
      const other = escapeUnreserved(path, escaped)
      if (!isReadable(path) || !isReadable(other)) return
      const policy = compilePolicy(policyFrom(list))
      assert.deepEqual(strictnesses(policy, other, asked), strictnesses(policy, path, asked), other)
    }),
    { numRuns: IS_LONG ? 5_000 : 2_500 },
  )
})

const CASES = [same, lower, (text: string) => lower(lower(text).toUpperCase()).replace(/i\u0307/g, 'i')]
const FORMATS = [same, cutFormat, cutFirstFormat]
const ENDS = FORMATS.flatMap((cut) => [cut, (text: string) => cut(cutLastSlash(text))])
const COMPARISONS = CASES.flatMap((first) => ENDS.map((then) => (text: string) => then(first(text))))

function cutFirstFormat(text: string): string {
  return text.replace(/(?<=\/[^/])([^/.]*)\.[^/]*$/, '$1')
}

function cutFormat(text: string): string {
  return text.replace(/(?<=\/[^/]+)\.[^./]*$/, '')
}

test('a compiled policy says what one says that asks rule after rule, in every reading', () => {
  fc.assert(
    fc.property(
      rules,
      question,
      fc.array(fc.oneof(plainPath, oddPath), { minLength: 8, maxLength: 8 }),
      (list, asked, paths) => {
        const policy = compilePolicy(policyFrom(list))
        const references = COMPARISONS.map((fold) =>
          createReference(
            list.map((rule) => withPaths(rule, fold)),
            ROLES,
            fold,
          ),
        )
        const asWritten = createReference(list, ROLES)
        for (const path of paths) {
          const target = readTarget(path)
          const readings = typeof target === 'string' || !target.utf8 ? null : readingsOf(target, 'utf8')
          if (readings === null) continue
          const expected = VISITORS.map((who) =>
            Math.max(...readings.flatMap((text) => references.map((each) => each.judge(text, asked, who)))),
          )
          // A rule that stands for the same path in other letters may guard it too.
          const twins = readings.flatMap((text) => [lower(text), cutLastSlash(text), cutLastSlash(lower(text))])
          for (const [place, actual] of strictnesses(policy, path, asked).entries()) {
            const who = VISITORS[place] ?? null
            const most = Math.max(expected[place] ?? 0, ...twins.map((text) => asWritten.judge(text, asked, who)))
            assert.ok(actual >= (expected[place] ?? 0) && actual <= most, `${path}: ${actual}`)
            if (policy.apps.values().next().value?.hasOneForm === true) assert.equal(actual, expected[place], path)
          }
        }
      },
    ),
    { numRuns: POLICIES },
  )
})

test('what is explained is what is decided, and the deciding rule is among those that match', () => {
  fc.assert(
    fc.property(rules, question, fc.oneof(plainPath, oddPath), (list, asked, path) => {
      if (!isReadable(path)) return
      const policy = compilePolicy(policyFrom(list))
      for (const who of VISITORS) {
        const original = ask(path, asked)
        const decision = decide(judge(policy, original), who, NOW)
        const explained = explain(policy, original, who, NOW)
        assert.deepEqual(explained.decision, decision)
        const matching = explained.readings.flatMap((reading) => reading.rules.filter((rule) => rule.missed === null))
        const decisive = 'rule' in decision ? decision.rule : null
        if (decisive !== null && explained.readings.length > 0)
          assert.ok(
            matching.some((rule) => rule.number === decisive.number && rule.part !== 'watches'),
            path,
          )
      }
    }),
    { numRuns: POLICIES },
  )
})

function escapeUnreserved(path: string, escaped: readonly boolean[]): string {
  const pieces = path.match(/%..|./g) ?? []
  return pieces.map((each, place) => (escaped[place] && /^[\w.~-]$/.test(each) ? hex(each) : each)).join('')
}

function hex(character: string): string {
  return `%${character.charCodeAt(0).toString(16)}`
}

function withPaths(rule: PolicyRule, fold: (text: string) => string): PolicyRule {
  return { ...rule, paths: rule.paths.map(fold) }
}

function same(text: string): string {
  return text
}

function lower(text: string): string {
  const isAscii = /^[\0-\x7f]*$/.test(text)
  return isAscii ? text.toLowerCase() : text.toLowerCase().toUpperCase().toLowerCase()
}

function cutLastSlash(text: string): string {
  return text.length > 1 && text.endsWith('/') ? text.slice(0, -1) : text
}
