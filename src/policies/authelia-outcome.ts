import { both, EVERYBODY, isSamePeople, union } from './authelia-subject.ts'
import type { People } from './authelia-subject.ts'

/** Authelia's policies, `bypass` the mildest. */
export type Level = 'bypass' | 'one_factor' | 'two_factor' | 'deny'

/** A rule that may apply, as people come to it in the order of the list. */
export interface Step {
  /** Whom the rule is for, or null for everybody, signed in or not. */
  readonly people: People | null
  readonly level: Level
}

/** What a rule of ours does. */
export type Outcome =
  | { readonly kind: 'anyone' }
  | { readonly kind: 'deny' }
  | { readonly kind: 'require'; readonly people: People; readonly factors: 1 | 2 }

/** An outcome, and whether everybody gets by it exactly what the steps give. It never gives more. */
export interface Folded {
  readonly outcome: Outcome
  readonly exact: boolean
}

const DENY: Outcome = { kind: 'deny' }

/**
 * What comes of rules of which the first that is for somebody decides, the last being for everybody. A rule of ours has
 * one list of people and one number of factors: where Authelia gives two groups different numbers, both get the greater;
 * where it keeps a group out and lets others in, nobody gets in.
 */
export function foldSteps(steps: readonly Step[]): Folded {
  const last = steps.at(-1)
  if (last === undefined || last.people !== null) throw new Error('the last step is for everybody')
  const start: Folded = { outcome: outcomeFor(EVERYBODY, last.level), exact: true }
  return steps.slice(0, -1).reduceRight((rest, step) => putBefore(step, rest), start)
}

/** Lets only those pass whom both let pass, with the greater number of factors. */
export function stricter(one: Outcome, other: Outcome): Outcome {
  if (one.kind === 'deny' || other.kind === 'deny') return DENY
  if (one.kind === 'anyone') return other
  if (other.kind === 'anyone') return one
  const people = both(one.people, other.people)
  if (people === null || people.length === 0) return DENY
  return { kind: 'require', people, factors: one.factors === 2 ? 2 : other.factors }
}

/** True where the two let the same people pass. */
export function isSameOutcome(one: Outcome, other: Outcome): boolean {
  if (one.kind !== 'require' || other.kind !== 'require') return one.kind === other.kind
  return one.factors === other.factors && isSamePeople(one.people, other.people)
}

function outcomeFor(people: People, level: Level): Outcome {
  switch (level) {
    case 'bypass':
      return { kind: 'anyone' }
    case 'deny':
      return DENY
    case 'one_factor':
    case 'two_factor':
      return people.length === 0 ? DENY : { kind: 'require', people, factors: level === 'two_factor' ? 2 : 1 }
  }
}

/** Whoever isn't meant by the step gets the rest; to know who he is he must sign in, whatever the rest asks. */
function putBefore({ people, level }: Step, { outcome: rest, exact }: Folded): Folded {
  if (people === null) return { outcome: outcomeFor(EVERYBODY, level), exact: true }
  const others: Outcome = rest.kind === 'anyone' ? { kind: 'require', people: EVERYBODY, factors: 1 } : rest
  if (people.length === 0) return { outcome: others, exact }
  if (level === 'deny') return { outcome: DENY, exact: exact && others.kind === 'deny' }
  const meant = outcomeFor(people, level === 'bypass' ? 'one_factor' : level)
  if (others.kind === 'deny' || meant.kind !== 'require') return { outcome: meant, exact }
  // Whom the rest is for is meant already: it comes to nothing.
  if (isSamePeople(union(people, others.people), union(people, []))) return { outcome: meant, exact: true }
  const factors = meant.factors === 2 ? 2 : others.factors
  const isAlike = meant.factors === others.factors
  return { outcome: { kind: 'require', people: union(people, others.people), factors }, exact: exact && isAlike }
}
