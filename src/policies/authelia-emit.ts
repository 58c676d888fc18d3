import type { AutheliaRule, Doubt } from './authelia-config.ts'
import { foldSteps, isSameOutcome, stricter } from './authelia-outcome.ts'
import type { Level, Outcome, Step } from './authelia-outcome.ts'
import { commonPattern, covers, EVERYTHING, intersect } from './authelia-region.ts'
import type { Region } from './authelia-region.ts'
import type { People } from './authelia-subject.ts'
import { METHODS } from './method.ts'
import type { QueryCondition } from './query-condition.ts'
import type { DocumentPath } from './yaml-document.ts'

/** A rule of Authelia's as it is for one host. */
export interface HostRule {
  readonly rule: AutheliaRule
  /** Null where it is for everybody. */
  readonly people: People | null
  /** Why it isn't certain that the rule is for this host; empty where it is. */
  readonly doubts: readonly Doubt[]
}

/** A rule of ours, not written yet. */
export interface EmittedRule {
  readonly region: Region
  readonly query: QueryCondition | null
  readonly outcome: Outcome
  /** Rules of Authelia's that it comes from. */
  readonly from: readonly DocumentPath[]
  /** True where it lets fewer people pass than they do, or asks more. */
  readonly isStricter: boolean
}

/** What one host's rules came to. */
export interface EmittedRules {
  readonly rules: readonly EmittedRule[]
  /** Why some of them are stricter. */
  readonly losses: readonly Doubt[]
}

/** More rules for one host are no policy that anybody reads. */
const MAX_RULES = 2_000

/** More rules in doubt at one place than this, and nobody gets in there. */
const MAX_WORLDS = 64

const HEAD = 1 << METHODS.indexOf('HEAD')
const GET = 1 << METHODS.indexOf('GET')

interface PlacedStep extends Step {
  readonly place: DocumentPath
  readonly doubts: readonly Doubt[]
}

/** Rules that apply in one way of settling all that is in doubt, up to the first that is for everybody. */
type World = readonly PlacedStep[]

/** A part of what a rule is for, and whether the rule matches there. */
interface Piece {
  readonly region: Region
  readonly match: 'yes' | 'no' | 'perhaps'
  readonly doubts: readonly Doubt[]
}

interface Task {
  readonly rules: readonly HostRule[]
  readonly fallback: PlacedStep
  readonly emitted: EmittedRule[]
  readonly losses: Doubt[]
}

/** A part of the host, the rules that may still match there, and what those above came to. */
interface Scene {
  readonly region: Region
  readonly next: number
  readonly worlds: readonly World[]
  readonly query: QueryCondition | null
}

/**
 * Authelia's rules for one host as rules of ours, in order. Its rules pass a request on to the next where it is from
 * somebody else; ours don't, so each of ours is made for a part of the host where the same rules of theirs apply, and
 * says what they come to together. Where it is in doubt whether one applies, the stricter outcome is taken.
 */
export function emitRules(rules: readonly HostRule[], defaultLevel: Level): EmittedRules {
  const fallback = { people: null, level: defaultLevel, place: ['access_control', 'default_policy'], doubts: [] }
  const task: Task = { rules, fallback, emitted: [], losses: [] }
  emit(task, { region: EVERYTHING, next: 0, worlds: [[]], query: null })
  if (task.emitted.length < MAX_RULES) return { rules: task.emitted, losses: task.losses }
  const message = 'The rules for one host overlap in too many ways: nobody gets in there. Tell hosts apart, or paths.'
  return { rules: [], losses: [{ place: ['access_control', 'rules'], message }] }
}

function emit(task: Task, { region, next, worlds, query }: Scene): void {
  if (task.emitted.length >= MAX_RULES) return
  for (const [index, hostRule] of task.rules.entries()) {
    if (index < next || worlds.every(isSettled)) continue
    if (query === null) emitQueries(task, { region, next: index + 1, worlds, query }, hostRule)
    for (const piece of piecesOf(hostRule)) {
      const inside = intersect(region, piece.region)
      if (inside === null) continue
      emit(task, { region: inside, next: index + 1, worlds: settle(worlds, hostRule, piece), query })
      if (covers(piece.region, region)) return
    }
  }
  conclude(task, { region, next, worlds, query })
}

/** Rules of ours with a query only add, so whatever they say is never too mild. */
function emitQueries(task: Task, scene: Scene, hostRule: HostRule): void {
  const { rule, people } = hostRule
  if (rule.queries === null || (rule.level === 'bypass' && people === null)) return
  for (const query of rule.queries) {
    for (const piece of partsOf(hostRule).filter(({ match }) => match !== 'no')) {
      const region = intersect(scene.region, piece.region)
      const worlds = settle(scene.worlds, hostRule, { ...piece, match: 'yes' })
      if (region !== null) emit(task, { ...scene, region, worlds, query })
    }
  }
}

function conclude({ fallback, emitted, losses }: Task, { region, worlds, query }: Scene): void {
  const settled = worlds.map((world) => (isSettled(world) ? world : [...world, fallback]))
  const folded = settled.map(foldSteps)
  const outcome = folded.map((each) => each.outcome).reduce(stricter)
  const isExact = folded.every((each) => each.exact && isSameOutcome(each.outcome, outcome))
  // That nobody gets in is what no rule of ours says.
  const told = settled.flat().filter((step) => step !== fallback || fallback.level !== 'deny')
  const from = [...new Map(told.map(({ place }) => [place.join(), place])).values()]
  emitted.push({ region, query, outcome, from, isStricter: !isExact })
  if (isExact || query !== null) return
  for (const [index, each] of folded.entries()) if (!each.exact) losses.push(mixed(settled[index] ?? []))
  losses.push(...settled.flat().flatMap(({ doubts }) => doubts))
}

function mixed(world: World): Doubt {
  const people = world.filter((step) => step.people !== null)
  const denial = people.find(({ level }) => level === 'deny')
  const message =
    denial === undefined
      ? 'Of this rule and those below it, some ask for one factor and some for two: all people get asked for two.'
      : 'This rule keeps some people out where others get in, which no rule here can: nobody gets in. Let in a group.'
  return { place: (denial ?? people[0])?.place ?? [], message }
}

function isSettled(world: World): boolean {
  return world.at(-1)?.people === null
}

function settle(worlds: readonly World[], { rule, people }: HostRule, piece: Piece): readonly World[] {
  if (piece.match === 'no') return worlds
  const step = { people, level: rule.level, place: rule.place, doubts: piece.match === 'yes' ? [] : piece.doubts }
  const taken = worlds.map((world) => (isSettled(world) ? world : [...world, step]))
  const all = piece.match === 'yes' ? taken : [...taken, ...worlds.filter((world) => !isSettled(world))]
  if (all.length <= MAX_WORLDS) return all
  return [[{ ...step, people: null, level: 'deny', doubts: piece.doubts }], ...worlds.slice(0, 1)]
}

/** The parts of a rule that asks for no query; where it may ask for more than is told, nothing of it is certain. */
function piecesOf(hostRule: HostRule): Piece[] {
  return hostRule.rule.queries === null ? partsOf(hostRule) : []
}

/** In the order in which they are to be taken out of a host: each leaves the others what it has not. */
function partsOf({ rule, doubts: hostDoubts }: HostRule): Piece[] {
  const { paths, methods, networks } = rule
  const doubts = [...hostDoubts, ...rule.doubts]
  const yes = hostDoubts.length > 0 || rule.open ? 'perhaps' : 'yes'
  const piece = (list: Region['paths'], match: Piece['match'], set = methods): Piece => {
    return { region: { paths: list, methods: set, networks }, match, doubts }
  }
  const all = [...paths.certain, ...paths.possible]
  const inside = paths.edges.filter(({ pattern }) => all.some((wide) => commonPattern(wide, pattern) !== null))
  return [
    // Our GET brings HEAD along, theirs doesn't.
    ...((methods & GET) !== 0 && (methods & HEAD) === 0 ? [piece(all, 'no', HEAD)] : []),
    ...inside.map(({ pattern, mayMatch }) => piece([pattern], mayMatch ? 'perhaps' : 'no')),
    piece(paths.certain, yes),
    piece(paths.possible, 'perhaps'),
  ].filter(({ region }) => region.paths.length > 0 && region.methods !== 0)
}
