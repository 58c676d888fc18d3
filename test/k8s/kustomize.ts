import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, parseAllDocuments } from 'yaml'

/** One object of a cluster. */
export interface Resource {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly [key: string]: unknown
}

interface Kustomization {
  readonly resources: readonly string[]
  readonly patches?: readonly {
    readonly target: { readonly kind: string; readonly name: string }
    readonly patch?: string
    readonly path?: string
  }[]
  readonly images?: readonly { readonly name: string; readonly newName: string; readonly newTag: string }[]
}

interface Operation {
  readonly op: 'add' | 'replace' | 'remove'
  readonly path: string
  readonly value?: unknown
}

/** Every document of a YAML text; fails on what is no clean YAML, a key that stands there twice included. */
export function readResources(text: string): Resource[] {
  return parseAllDocuments(text).map((document) => {
    const [problem] = [...document.errors, ...document.warnings]
    if (problem !== undefined) throw problem
    return document.toJS() as Resource
  })
}

/** Builds a folder as kustomize does, as far as our files use it: resources, JSON patches and images. */
export function build(folder: string): Resource[] {
  const { resources, patches = [], images = [] } = readYaml(folder, 'kustomization.yaml') as Kustomization
  const built = resources.flatMap((name) =>
    name.endsWith('.yaml') ? readResources(readFileSync(join(folder, name), 'utf8')) : build(join(folder, name)),
  )
  for (const { target, patch, path } of patches) {
    const targets = built.filter(({ kind, metadata }) => kind === target.kind && metadata.name === target.name)
    if (targets.length !== 1) throw new Error(`${folder}: ${targets.length} are called ${target.kind} ${target.name}`)
    const operations = (path === undefined ? parse(patch ?? '') : readYaml(folder, path)) as readonly Operation[]
    for (const resource of targets) for (const operation of operations) apply(resource, operation)
  }
  for (const resource of built) rename(resource, images)
  return built
}

function readYaml(folder: string, name: string): unknown {
  return parse(readFileSync(join(folder, name), 'utf8')) as unknown
}

/** RFC 6902, without tests, moves and copies. */
function apply(resource: Resource, { op, path, value }: Operation): void {
  const steps = path.slice(1).split('/')
  const last = steps.pop() ?? ''
  const parent = steps.reduce<unknown>((at, step) => (at as Record<string, unknown>)[step], resource)
  if (typeof parent !== 'object' || parent === null) throw new Error(`${path} leads nowhere in ${resource.kind}`)
  if (Array.isArray(parent) && last === '-') parent.push(value)
  else if (op !== 'add' && !(last in parent)) throw new Error(`${path} is not in ${resource.kind}`)
  else if (op === 'remove') delete (parent as Record<string, unknown>)[last]
  else (parent as Record<string, unknown>)[last] = value
}

function rename(value: unknown, images: NonNullable<Kustomization['images']>): void {
  if (typeof value !== 'object' || value === null) return
  const holder = value as { image?: unknown }
  const found = images.find(({ name }) => name === holder.image)
  if (found !== undefined) holder.image = `${found.newName}:${found.newTag}`
  for (const part of Object.values(value)) rename(part, images)
}
