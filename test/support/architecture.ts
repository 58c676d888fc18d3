import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { blankOut, lineAt } from './source-text.ts'

/** One file below `src`, its path relative to that folder with `/`. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

export interface Import {
  readonly line: number
  readonly from: string
  readonly typeOnly: boolean
}

/** Where a library may be imported; `types` lets every other file import its types. */
export interface LibraryRule {
  readonly files: readonly string[]
  readonly types?: boolean
  /** A folder whose files all may, because what it holds is written in the library's own terms. */
  readonly folder?: string
}

/** From the bottom up: what stands in one row may import rows above this line only, never its neighbours. */
export const LEVELS: readonly (readonly string[])[] = [
  ['errors.ts'],
  ['lib', 'words'],
  ['config'],
  ['store', 'observe'],
  ['web'],
  ['users', 'credentials', 'sessions', 'policies', 'audit', 'limits', 'mail', 'snippets'],
  ['recovery', 'tokens'],
  ['administration', 'backup'],
  ['verify', 'login', 'account', 'admin', 'api', 'commands', 'doctor'],
  ['parts'],
  ['chores', 'portal'],
  ['processes'],
  ['cli'],
  ['main.ts'],
]

export const LIBRARIES: Readonly<Record<string, LibraryRule>> = {
  '@electric-sql/pglite': { files: ['store/embedded-worker.ts'] },
  '@opentelemetry/api': { files: ['observe/tracing.ts'] },
  '@opentelemetry/exporter-trace-otlp-http': { files: ['observe/span-queue.ts'] },
  '@opentelemetry/resources': { files: ['observe/tracing.ts'] },
  '@opentelemetry/sdk-trace': { files: ['observe/span-queue.ts', 'observe/tracing.ts'] },
  '@simplewebauthn/server': { files: ['credentials/webauthn-verify.ts'] },
  '@fastify/websocket': { files: ['admin/live-socket.ts'] },
  '@fastify/cookie': { files: ['web/set-cookie.ts'] },
  '@zxcvbn-ts/core': { files: ['credentials/strength-process.ts'] },
  '@zxcvbn-ts/language-common': { files: ['credentials/strength-process.ts'] },
  '@zxcvbn-ts/language-en': { files: ['credentials/strength-process.ts'] },
  argon2: { files: ['credentials/password-argon2.ts'] },
  bcrypt: { files: ['credentials/password-bcrypt.ts'] },
  'close-with-grace': { files: ['processes/serve.ts'] },
  commander: { files: ['cli/cli.ts'], types: true },
  diff: { files: ['policies/diff-lines.ts'] },
  fastify: { files: ['portal/app.ts'], types: true },
  ioredis: { files: ['store/redis-client.ts', 'store/redis-cluster.ts', 'store/redis-connector.ts'] },
  nodemailer: { files: ['mail/smtp.ts'] },
  'lru-cache': {
    files: [
      'sessions/principal-cache.ts',
      'sessions/principal-reader.ts',
      'verify/basic-passwords.ts',
      'verify/watch.ts',
    ],
  },
  pg: {
    files: [
      'store/server-pool.ts',
      'store/ask-server.ts',
      'store/listen.ts',
      'store/pool-database.ts',
      'store/run-statements.ts',
      'store/server-session.ts',
    ],
  },
  pino: { files: ['observe/log.ts'] },
  'prom-client': { files: ['observe/register.ts'] },
  uqr: { files: ['web/qr-code.ts'] },
  undici: { files: ['audit/webhook.ts', 'verify/upstream.ts'] },
  yaml: { files: ['policies/yaml-document.ts'] },
  zod: {
    folder: 'api',
    files: ['web/body.ts', 'policies/policy-fields.ts', 'policies/policy-json-schema.ts', 'policies/policy-schema.ts'],
    types: true,
  },
}

const SECOND_LEVEL_FOLDERS = ['verify/dialects', 'verify/express', 'words/en', 'words/de']

/** Every TypeScript file below `folder`. */
export function readSources(folder: string): SourceFile[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  return names.sort().map((name) => ({ path: name, text: readFileSync(join(folder, name), 'utf8') }))
}

/** What a file imports or re-exports, in its order. Statements inside comments and strings don't count. */
export function importsOf(file: SourceFile): Import[] {
  const code = blankOut(file.text)
  const pattern = /^(?:import|export)\b([^'";]*?\bfrom\s*)?\s*(?=['"])|\bimport\s*\(\s*(?=['"])/gm
  return [...code.matchAll(pattern)].map((found) => {
    const start = found.index + found[0].length
    const from = /^['"]([^'"]*)['"]/.exec(file.text.slice(start))?.[1] ?? ''
    return { line: lineAt(code, start), from, typeOnly: /^(?:import|export)\s+type\b/.test(found[0]) }
  })
}

/** Imports that go up or sideways, and files that stand in no level. */
export function checkLevels(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const level = levelOf(file.path)
    if (level === -1) return [`src/${file.path}:1 is in no level: give its folder a place in LEVELS and in the design`]
    return localImports(file)
      .filter(({ target }) => unitOf(target) !== unitOf(file.path) && !mayImport(level, target))
      .map(
        ({ line, target }) => `src/${file.path}:${line} imports ${target}, which is not below it: move what both need`,
      )
  })
}

/** Folders in folders, but for those that are agreed on. */
export function checkFolders(files: readonly SourceFile[]): string[] {
  return files
    .map((file) => file.path)
    .filter((path) => path.split('/').length > 2 && !SECOND_LEVEL_FOLDERS.includes(posix.dirname(path)))
    .map((path) => `src/${path}:1 lies in a folder of a folder: move it up`)
}

/** Files that import each other in a ring; each ring is told once. */
export function checkCycles(files: readonly SourceFile[]): string[] {
  const graph = new Map(files.map((file) => [file.path, localImports(file).map(({ target }) => target)]))
  const done = new Set<string>()
  const rings: string[] = []
  const walk = (path: string, trail: readonly string[]): void => {
    const seenAt = trail.indexOf(path)
    if (seenAt !== -1) {
      rings.push(
        `src/${path}:1 imports itself: ${[...trail.slice(seenAt), path].join(' -> ')}; move the shared part down`,
      )
    }
    if (seenAt !== -1 || done.has(path)) return
    for (const target of graph.get(path) ?? []) walk(target, [...trail, path])
    done.add(path)
  }
  for (const path of graph.keys()) walk(path, [])
  return rings
}

/** Libraries that are imported elsewhere than agreed, or that nobody agreed on. */
export function checkLibraries(
  files: readonly SourceFile[],
  rules: Readonly<Record<string, LibraryRule>> = LIBRARIES,
): string[] {
  return files.flatMap((file) =>
    importsOf(file)
      .filter(({ from }) => !from.startsWith('.') && !from.startsWith('node:'))
      .flatMap(({ from, line, typeOnly }) => {
        const name = packageOf(from)
        const rule = rules[name]
        if (rule === undefined)
          return [`src/${file.path}:${line} imports ${name}: add it to LIBRARIES with its one file`]
        if (rule.files.includes(file.path) || isIn(file.path, rule.folder) || (typeOnly && rule.types === true))
          return []
        return [`src/${file.path}:${line} imports ${name}: only ${rule.files.join(' and ')} may; use what it exports`]
      }),
  )
}

interface LocalImport {
  readonly line: number
  readonly target: string
}

function localImports(file: SourceFile): LocalImport[] {
  return importsOf(file)
    .filter(({ from }) => from.startsWith('.'))
    .map(({ line, from }) => ({ line, target: posix.join(posix.dirname(file.path), from) }))
}

function mayImport(level: number, target: string): boolean {
  const targetLevel = levelOf(target)
  return targetLevel !== -1 && targetLevel < level
}

function levelOf(path: string): number {
  return LEVELS.findIndex((units) => units.includes(unitOf(path)))
}

function unitOf(path: string): string {
  return path.split('/')[0] ?? path
}

function packageOf(from: string): string {
  return from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/')
}

function isIn(path: string, folder: string | undefined): boolean {
  return folder !== undefined && path.startsWith(`${folder}/`)
}
