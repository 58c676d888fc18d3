import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export const ROOT = join(import.meta.dirname, '../..')

/** The npm package as `npm pack` makes it. */
export interface Packed {
  readonly tarball: string
  /** Paths of its files, in order. */
  readonly files: readonly string[]
}

/** What keeps npm to this machine, and quiet. */
export const OFFLINE = {
  npm_config_offline: 'true',
  npm_config_update_notifier: 'false',
  npm_config_logs_max: '0',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
} as const

/** Compiles the program and packs it into `folder`, from a copy of the checkout. */
export async function pack(folder: string): Promise<Packed> {
  const cwd = join(folder, 'checkout')
  copyContext(cwd)
  link(join(ROOT, 'node_modules'), join(cwd, 'node_modules'))
  const args = ['pack', '--json', '--pack-destination', folder]
  const { stdout } = await run('npm', args, { cwd, env: { ...process.env, ...OFFLINE } })
  const told = JSON.parse(stdout.slice(stdout.search(/^[[{]/m))) as Told | Record<string, Told[number]>
  const [packed] = Array.isArray(told) ? told : Object.values(told)
  if (packed === undefined) throw new Error(`npm pack told of nothing: ${stdout}`)
  for (const made of ['dist', 'npm-shrinkwrap.json'])
    if (existsSync(join(cwd, made))) throw new Error(`npm pack left ${made} behind`)
  return { tarball: join(folder, packed.filename), files: packed.files.map(({ path }) => path).toSorted() }
}

type Told = { readonly filename: string; readonly files: readonly { readonly path: string }[] }[]

/** Lays into `folder` what `.dockerignore` lets through to the builder. */
export function copyContext(folder: string): void {
  const lines = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n')
  const kept = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1))
  const ignored = new Set(lines.filter((line) => /^[\w.]/.test(line)).map((path) => join(ROOT, path)))
  for (const path of kept) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    cpSync(join(ROOT, path), join(folder, path), { recursive: true, filter: (from) => !ignored.has(from) })
  }
}

export async function unpack(tarball: string, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  await run('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1'])
}

/** Lays the package's dependencies, which are there in this checkout, into a folder of packages, as npm would. */
export function linkDependencies(modules: string): void {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
    const installed = join(ROOT, 'node_modules', name)
    if (existsSync(installed)) link(installed, join(modules, name))
  }
  link(join(ROOT, 'node_modules/.bin/node'), join(modules, '.bin/node'))
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
}

/** Makes a command of some lines of shell; gives its path. */
export function writeCommand(path: string, lines: readonly string[]): string {
  writeFileSync(path, ['#!/bin/sh', ...lines, ''].join('\n'), { mode: 0o755 })
  return path
}

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(target, path)
}
