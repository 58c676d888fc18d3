import type { Networks } from '../lib/address.ts'
import type { MethodSet } from './method.ts'
import type { Pattern } from './pattern.ts'
import { ANY_SEGMENT, LOGIN_PLACEHOLDER } from './pattern.ts'

/** What a rule asks of a request besides its path. */
export interface Entry {
  /** Place among the app's rules. */
  readonly order: number
  readonly methods: MethodSet
  /** Null for clients anywhere. */
  readonly networks: Networks | null
}

/** Who asks, as far as rules are chosen by it. */
export interface Visitor {
  readonly clientAddress: string
  /** Left out while nobody is known: then segments with `{login}` stand for anybody's. */
  readonly login?: string
}

/** Finds the rules of an app that match, without asking each one. */
export interface PathIndex {
  /** To be added from the first rule to the last. */
  add(pattern: Pattern, entry: Entry): void
  /**
   * Place of the first rule that matches, or `NO_RULE`.
   * @param path begins with `/`
   * @param method number of `method.ts`
   */
  find(path: string, method: number, visitor: Visitor): number
  /** Places of all rules before `end` that match, in their order. */
  findAll(path: string, method: number, visitor: Visitor, end: number): number[]
  /** Place of the first rule that takes every path of the pattern for every one of the methods, or `NO_RULE`. */
  findCovering(pattern: Pattern, methods: MethodSet): number
}

/** Later than every rule. */
export const NO_RULE = Number.MAX_SAFE_INTEGER

/** One node for each segment of the patterns; `first` lets a search leave out what can't be earlier. */
interface Node {
  first: number
  readonly exact: Entry[]
  readonly rest: Entry[]
  readonly literals: Map<string, Node>
  readonly own: OwnSegment[]
  any: Node | null
}

/** A segment such as `~{login}`: what stands before and after the login, and where it leads. */
interface OwnSegment {
  readonly before: string
  readonly after: string
  readonly node: Node
}

/** An empty index. The cost of a search grows with the segments of the path, not with the rules beside it. */
export function createPathIndex(): PathIndex {
  const root = createNode()
  return {
    add: (pattern, entry) => addPattern(root, pattern, entry),
    find: (path, method, visitor) => search(root, { path, methods: 1 << method, visitor }, 1, NO_RULE),
    findAll: (path, method, visitor, end) => {
      const found: number[] = []
      collect(root, { path, methods: 1 << method, visitor }, 1, (order) => order < end && found.push(order))
      return found.length < 2 ? found : [...new Set(found)].toSorted((one, other) => one - other)
    },
    findCovering: (pattern, methods) => cover(root, pattern, 0, methods),
  }
}

interface Wanted {
  readonly path: string
  readonly methods: MethodSet
  readonly visitor: Visitor
}

function createNode(): Node {
  return { first: NO_RULE, exact: [], rest: [], literals: new Map(), own: [], any: null }
}

function addPattern(root: Node, pattern: Pattern, entry: Entry): void {
  let node = root
  node.first = Math.min(node.first, entry.order)
  for (const segment of pattern.segments) {
    node = childFor(node, segment)
    node.first = Math.min(node.first, entry.order)
  }
  const entries = pattern.rest ? node.rest : node.exact
  entries.push(entry)
}

function childFor(node: Node, segment: string): Node {
  if (segment === ANY_SEGMENT) return (node.any ??= createNode())
  if (segment.includes(LOGIN_PLACEHOLDER)) return ownChildFor(node, segment)
  const child = node.literals.get(segment) ?? createNode()
  node.literals.set(segment, child)
  return child
}

function ownChildFor({ own }: Node, segment: string): Node {
  const [before = '', after = ''] = segment.split(LOGIN_PLACEHOLDER)
  const known = own.find((other) => other.before === before && other.after === after)
  if (known !== undefined) return known.node
  const node = createNode()
  own.push({ before, after, node })
  return node
}

/** @param start where the next segment begins, past the path's end when there is none */
function search(node: Node, wanted: Wanted, start: number, best: number): number {
  if (node.first >= best) return best
  const { path } = wanted
  let found = firstOf(node.rest, wanted, best)
  if (start > path.length) return firstOf(node.exact, wanted, found)
  if (node.any === null && node.literals.size === 0 && node.own.length === 0) return found
  const slash = path.indexOf('/', start)
  const end = slash === -1 ? path.length : slash
  const literal = node.literals.get(path.slice(start, end))
  if (literal !== undefined) found = search(literal, wanted, end + 1, found)
  for (const own of node.own) {
    if (isOwn(own, path.slice(start, end), wanted.visitor)) found = search(own.node, wanted, end + 1, found)
  }
  if (node.any !== null && end > start) found = search(node.any, wanted, end + 1, found)
  return found
}

function firstOf(entries: readonly Entry[], wanted: Wanted, best: number): number {
  for (const entry of entries) {
    if (entry.order >= best) return best
    if (isFor(entry, wanted)) return entry.order
  }
  return best
}

function isFor({ methods, networks }: Entry, wanted: Wanted): boolean {
  return (methods & wanted.methods) === wanted.methods && (networks?.contain(wanted.visitor.clientAddress) ?? true)
}

function isOwn({ before, after }: OwnSegment, segment: string, { login }: Visitor): boolean {
  if (login !== undefined) return segment === before + login + after
  return segment.length > before.length + after.length && segment.startsWith(before) && segment.endsWith(after)
}

function collect(node: Node, wanted: Wanted, start: number, take: (order: number) => void): void {
  const takeFrom = (entries: readonly Entry[]): void => {
    for (const entry of entries) if (isFor(entry, wanted)) take(entry.order)
  }
  takeFrom(node.rest)
  const { path, visitor } = wanted
  if (start > path.length) return takeFrom(node.exact)
  const slash = path.indexOf('/', start)
  const end = slash === -1 ? path.length : slash
  const segment = path.slice(start, end)
  const literal = node.literals.get(segment)
  if (literal !== undefined) collect(literal, wanted, end + 1, take)
  for (const own of node.own) if (isOwn(own, segment, visitor)) collect(own.node, wanted, end + 1, take)
  if (node.any !== null && segment !== '') collect(node.any, wanted, end + 1, take)
}

/** Only what is there for every client and visitor can take all of a pattern. */
function cover(node: Node, pattern: Pattern, depth: number, methods: MethodSet): number {
  const best = firstCovering(node.rest, methods, NO_RULE)
  const segment = pattern.segments[depth]
  if (segment === undefined) return pattern.rest ? best : firstCovering(node.exact, methods, best)
  const literal = node.literals.get(segment)
  const byLiteral = literal === undefined ? NO_RULE : cover(literal, pattern, depth + 1, methods)
  const byAny = node.any === null || segment === '' ? NO_RULE : cover(node.any, pattern, depth + 1, methods)
  return Math.min(best, byLiteral, byAny)
}

function firstCovering(entries: readonly Entry[], methods: MethodSet, best: number): number {
  const entry = entries.find((each) => each.networks === null && (each.methods & methods) === methods)
  return Math.min(best, entry?.order ?? NO_RULE)
}
