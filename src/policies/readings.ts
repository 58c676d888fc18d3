import { isPlainPath } from '../lib/target.ts'
import type { CompiledApp } from './compile.ts'
import type { PathIndex } from './path-index.ts'

/** One way in which a server may take a path: the path that it then sees, and the patterns folded alike. */
export interface Reading {
  readonly path: string
  readonly patterns: PathIndex
}

/** A kind of server: what it does to a path, and which form of the patterns stands for what it then does. */
interface Fold {
  readonly fold: (path: string) => string
  readonly patterns: (app: CompiledApp) => PathIndex
}

/** More than this many readings of one path are refused (DESIGN 4.4). */
const MAX_READINGS = 16

/**
 * The table of folds: letter case (IIS, Windows file systems) and the last `/` (Express, Rails, many routers), each on
 * path and patterns alike. A folded path also meets the patterns in their other forms, so that no path is judged more
 * mildly than what it folds to.
 */
const FOLDS: readonly Fold[] = [
  { fold: (path) => path, patterns: (app) => app.asWritten },
  { fold: toSmallLetters, patterns: (app) => app.asWritten },
  { fold: withoutLastSlash, patterns: (app) => app.asWritten },
  { fold: smallWithoutLastSlash, patterns: (app) => app.asWritten },
  { fold: toSmallLetters, patterns: (app) => app.inSmallLetters },
  { fold: smallWithoutLastSlash, patterns: (app) => app.inSmallLetters },
  { fold: withoutLastSlash, patterns: (app) => app.withoutLastSlash },
  { fold: smallWithoutLastSlash, patterns: (app) => app.withoutLastSlash },
  { fold: smallWithoutLastSlash, patterns: (app) => app.smallWithoutLastSlash },
]

/** True when all readings of a plain path are the same, so that one match decides. */
export function hasOneReading(app: CompiledApp, path: string): boolean {
  return app.inSmallLetters === app.asWritten && app.withoutLastSlash === app.asWritten && !path.endsWith('/')
}

/** Every plausible reading of a path for an app, or null when the table doesn't cover what is in the path. */
export function readingsOf(app: CompiledApp, path: string): readonly Reading[] | null {
  if (!isPlainPath(toSmallLetters(path))) return null
  const readings: Reading[] = []
  for (const { fold, patterns } of FOLDS) addReading(readings, { path: fold(path), patterns: patterns(app) })
  return readings.length <= MAX_READINGS ? readings : null
}

function addReading(readings: Reading[], next: Reading): void {
  const isKnown = readings.some(({ path, patterns }) => path === next.path && patterns === next.patterns)
  if (!isKnown) readings.push(next)
}

function toSmallLetters(path: string): string {
  return path.toLowerCase()
}

function withoutLastSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

function smallWithoutLastSlash(path: string): string {
  return toSmallLetters(withoutLastSlash(path))
}
