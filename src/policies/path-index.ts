import type { MethodSet } from './method.ts'
import type { Pattern } from './pattern.ts'
import { ANY_SEGMENT } from './pattern.ts'

/** Finds the first of an app's rules that matches, without asking each one. */
export interface PathIndex {
  /** @param order place among the app's rules; to be added from the first to the last */
  add(pattern: Pattern, methods: MethodSet, order: number): void
  /**
   * Place of the first rule that matches, or `NO_RULE`.
   * @param path begins with `/`
   * @param method number of `method.ts`
   */
  find(path: string, method: number): number
  /** Place of the first rule that takes every path of the pattern for every one of the methods, or `NO_RULE`. */
  findCovering(pattern: Pattern, methods: MethodSet): number
}

/** Later than every rule. */
export const NO_RULE = Number.MAX_SAFE_INTEGER

interface Entry {
  readonly order: number
  readonly methods: MethodSet
}

/** One node for each segment of the patterns; `first` lets a search leave out what can't be earlier. */
interface Node {
  first: number
  readonly exact: Entry[]
  readonly rest: Entry[]
  readonly literals: Map<string, Node>
  any: Node | null
}

/** An empty index. The cost of a search grows with the segments of the path, not with the rules beside it. */
export function createPathIndex(): PathIndex {
  const root = createNode()
  return {
    add: (pattern, methods, order) => addPattern(root, pattern, { order, methods }),
    find: (path, method) => search(root, path, 1, 1 << method, NO_RULE),
    findCovering: (pattern, methods) => cover(root, pattern, 0, methods),
  }
}

function createNode(): Node {
  return { first: NO_RULE, exact: [], rest: [], literals: new Map(), any: null }
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
  const child = node.literals.get(segment) ?? createNode()
  node.literals.set(segment, child)
  return child
}

/** @param start where the next segment begins, past the path's end when there is none */
function search(node: Node, path: string, start: number, methods: MethodSet, best: number): number {
  if (node.first >= best) return best
  let found = firstOf(node.rest, methods, best)
  if (start > path.length) return firstOf(node.exact, methods, found)
  if (node.any === null && node.literals.size === 0) return found
  const slash = path.indexOf('/', start)
  const end = slash === -1 ? path.length : slash
  const literal = node.literals.get(path.slice(start, end))
  if (literal !== undefined) found = search(literal, path, end + 1, methods, found)
  if (node.any !== null && end > start) found = search(node.any, path, end + 1, methods, found)
  return found
}

function firstOf(entries: readonly Entry[], methods: MethodSet, best: number): number {
  for (const entry of entries) {
    if (entry.order >= best) return best
    if ((entry.methods & methods) === methods) return entry.order
  }
  return best
}

function cover(node: Node, pattern: Pattern, depth: number, methods: MethodSet): number {
  const best = firstOf(node.rest, methods, NO_RULE)
  const segment = pattern.segments[depth]
  if (segment === undefined) return pattern.rest ? best : firstOf(node.exact, methods, best)
  const literal = node.literals.get(segment)
  const byLiteral = literal === undefined ? NO_RULE : cover(literal, pattern, depth + 1, methods)
  const byAny = node.any === null || segment === '' ? NO_RULE : cover(node.any, pattern, depth + 1, methods)
  return Math.min(best, byLiteral, byAny)
}
