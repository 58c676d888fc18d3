import { isSameOutcome } from './authelia-outcome.ts'
import type { EmittedRule } from './authelia-emit.ts'
import { covers, coversPattern, coversNetworks, intersect } from './authelia-region.ts'
import type { Region } from './authelia-region.ts'
import { METHODS } from './method.ts'
import type { MethodSet } from './method.ts'

const GET = 1 << METHODS.indexOf('GET')
const HEAD = 1 << METHODS.indexOf('HEAD')

/** The same rules without those that never decide or say what a later one says anyway, neighbours joined. */
export function pruneRules(rules: readonly EmittedRule[]): EmittedRule[] {
  return withoutLastDenials(joinNeighbours(withoutRepeated(withoutHidden(joinNeighbours(rules)))))
}

/** The methods that a rule of ours matches for those that it names. */
function widened(methods: MethodSet): MethodSet {
  return (methods & GET) === 0 ? methods : methods | HEAD
}

function withoutHidden(rules: readonly EmittedRule[]): EmittedRule[] {
  const kept: EmittedRule[] = []
  for (const rule of rules) {
    const { methods, networks } = rule.region
    const above = kept.filter(
      (each) =>
        each.query === null &&
        (widened(methods) & ~widened(each.region.methods)) === 0 &&
        coversNetworks(each.region.networks, networks),
    )
    const wide = above.flatMap((each) => each.region.paths)
    const paths = rule.region.paths.filter((path) => !wide.some((pattern) => coversPattern(pattern, path)))
    if (paths.length > 0) kept.push({ ...rule, region: { ...rule.region, paths: withoutInner(paths) } })
  }
  return kept
}

function withoutInner(paths: Region['paths']): Region['paths'] {
  return paths.filter((path, place) => {
    const isInside = (other: Region['paths'][number], otherPlace: number): boolean =>
      otherPlace !== place && coversPattern(other, path) && (!coversPattern(path, other) || otherPlace < place)
    return !paths.some(isInside)
  })
}

/** A rule can go when the next that meets any of its requests meets all of them and does the same. */
function withoutRepeated(rules: readonly EmittedRule[]): EmittedRule[] {
  const kept: EmittedRule[] = []
  for (const rule of rules.toReversed()) {
    const next = kept.findLast((each) => meets(each, rule))
    const isRepeated = next !== undefined && rule.query === null && next.query === null && takesAll(next, rule)
    if (!isRepeated || !isSameOutcome(next.outcome, rule.outcome)) kept.push(rule)
  }
  return kept.toReversed()
}

function meets(one: EmittedRule, other: EmittedRule): boolean {
  return intersect(wide(one.region), wide(other.region)) !== null
}

function takesAll(one: EmittedRule, other: EmittedRule): boolean {
  return covers(wide(one.region), wide(other.region))
}

function wide(region: Region): Region {
  return { ...region, methods: widened(region.methods) }
}

function joinNeighbours(rules: readonly EmittedRule[]): EmittedRule[] {
  const joined: EmittedRule[] = []
  for (const rule of rules) {
    const last = joined.at(-1)
    if (last === undefined || !isAlike(last, rule)) joined.push(rule)
    else joined[joined.length - 1] = join(last, rule)
  }
  return joined
}

function isAlike(one: EmittedRule, other: EmittedRule): boolean {
  if (one.query !== null || other.query !== null || !isSameOutcome(one.outcome, other.outcome)) return false
  const { methods, networks } = one.region
  const isSameNetworks =
    coversNetworks(networks, other.region.networks) && coversNetworks(other.region.networks, networks)
  return methods === other.region.methods && isSameNetworks
}

function join(one: EmittedRule, other: EmittedRule): EmittedRule {
  const from = [...new Map([...one.from, ...other.from].map((place) => [place.join(), place])).values()]
  const paths = withoutInner([...one.region.paths, ...other.region.paths])
  return { ...one, region: { ...one.region, paths }, from, isStricter: one.isStricter || other.isStricter }
}

/** What no rule matches is forbidden anyway. */
function withoutLastDenials(rules: readonly EmittedRule[]): EmittedRule[] {
  const last = rules.findLastIndex(({ outcome }) => outcome.kind !== 'deny')
  return rules.slice(0, last + 1)
}
