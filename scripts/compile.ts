/**
 * Makes `dist/` and `npm-shrinkwrap.json`, which the npm package has in place of `src/` and `package-lock.json`: Node
 * strips no types below `node_modules`, and a package's own lock file isn't read. `npm pack` runs this by itself.
 * `--clean` removes both.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const DIST = join(ROOT, 'dist')
const SHRINKWRAP = join(ROOT, 'npm-shrinkwrap.json')
/** Threads and processes are started by the addresses of their files, which the compiler doesn't rewrite. */
const OWN_FILE = /(new URL\('\.[^']*)\.ts(', import\.meta\.url\))/g

interface Locked {
  readonly dev?: boolean
  readonly devDependencies?: unknown
}

function clean(): void {
  rmSync(DIST, { recursive: true, force: true })
  rmSync(SHRINKWRAP, { force: true })
}

function compile(): void {
  execFileSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', join(ROOT, 'tsconfig.build.json')], { stdio: 'inherit' })
  cpSync(join(ROOT, 'src'), DIST, { recursive: true, filter: (path) => !path.endsWith('.ts') })
  for (const file of readdirSync(DIST, { recursive: true, encoding: 'utf8' })) {
    if (file.endsWith('.js') && !file.includes('assets/')) rewrite(join(DIST, file))
  }
}

/** @throws Error for a file that would look for sources */
function rewrite(path: string): void {
  const text = readFileSync(path, 'utf8').replaceAll(OWN_FILE, '$1.js$2')
  if (/\.ts'/.test(text)) throw new Error(`${path} names a .ts file that a package does not have`)
  writeFileSync(path, text)
}

/** What is only for development is left out, so the versions are those that were tested. */
function lock(): void {
  const { packages, ...about } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked>
  }
  const kept = Object.entries(packages).filter(([, { dev }]) => dev !== true)
  const [[, { devDependencies: _, ...own }] = ['', {}], ...rest] = kept
  writeFileSync(
    SHRINKWRAP,
    `${JSON.stringify({ ...about, packages: { '': own, ...Object.fromEntries(rest) } }, null, 2)}\n`,
  )
}

clean()
if (!process.argv.includes('--clean')) {
  compile()
  lock()
}
