import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { violations } from './json-schema.ts'
import type { Schema } from './json-schema.ts'
import type { Resource } from './kustomize.ts'

const FOLDER = join(import.meta.dirname, 'schemas')

/** By the name of its file in `schemas/`; each says where it comes from. */
export function readSchema(name: string): Schema {
  return JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as Schema
}

/** What doesn't fit the schema of its kind; a kind without a schema fails. */
export function problemsOf(resource: Resource): string[] {
  const name = `${resource.apiVersion.replaceAll('/', '-')}-${resource.kind}`.toLowerCase()
  return violations(readSchema(name), resource, `${resource.kind} ${resource.metadata.name}`)
}
