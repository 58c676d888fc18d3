import { z } from 'zod'
import { nearest } from '../lib/nearest.ts'
import type { DocumentPath } from './yaml-document.ts'

/** Takes a mistake. The sentence is asked for only when it will be shown. */
export type Report = (path: DocumentPath, sentence: () => string) => void

/** Line of a place in the document, from 1. */
export type LineOf = (path: DocumentPath) => number

/** A map of the document and the keys that it may have. */
export interface Section<Fields extends z.ZodRawShape> {
  /** Says what is expected where something else stands. */
  readonly what: string
  readonly fields: Fields
  /** What stands for keys that may be left out: most are, and asking the field each time takes most of the time. */
  readonly defaults: ReadonlyMap<string, unknown>
}

/** The keys of a section that could be read. */
export type Read<Fields extends z.ZodRawShape> = { readonly [Key in keyof Fields]?: z.output<Fields[Key]> }

/** A section with the types of its fields. */
export function section<Fields extends z.ZodRawShape>(given: Omit<Section<Fields>, 'defaults'>): Section<Fields> {
  const read = Object.entries(given.fields).map(([key, field]) => [key, z.safeParse(field, undefined)] as const)
  const defaults = read.flatMap(([key, result]) => (result.success ? [[key, result.data] as const] : []))
  return { ...given, defaults: new Map(defaults) }
}

/** What a section holds, key by key so that one mistake hides no other. What is left out was reported. */
export function readSection<Fields extends z.ZodRawShape>(
  { what, fields, defaults }: Section<Fields>,
  value: unknown,
  path: DocumentPath,
  report: Report,
): Read<Fields> {
  if (!isMap(value)) {
    report(path, () => `Must be ${what}.`)
    return {}
  }
  const known = Object.keys(fields)
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) report([...path, key], () => unknownKey(key, known))
  }
  const read = known.map((key) => {
    if (value[key] === undefined && defaults.has(key)) return [key, defaults.get(key)]
    return [key, readValue(getField(fields, key), value[key], [...path, key], report)]
  })
  return Object.fromEntries(read.filter(([, field]) => field !== undefined)) as Read<Fields>
}

/** One value, or undefined after its mistakes were reported. */
export function readValue<T>(
  schema: z.core.$ZodType<T>,
  value: unknown,
  path: DocumentPath,
  report: Report,
): T | undefined {
  const result = z.safeParse(schema, value)
  if (result.success) return result.data
  for (const issue of result.error.issues) report([...path, ...toPath(issue.path)], () => issue.message)
  return undefined
}

/** True for a map of the document, which has names for keys. */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What a value should have been, where it is missing or something else. */
export function wants(what: string) {
  return {
    error: ({ input }: { input?: unknown }) => (input === undefined ? `Is missing: give ${what}.` : `Must be ${what}.`),
  }
}

/** Enough of a value for people to know it again. */
export function shorten(input: unknown): string {
  return String(input).slice(0, 64)
}

function getField(fields: z.ZodRawShape, key: string): z.core.$ZodType {
  const field = fields[key]
  if (field === undefined) throw new Error(`no such field: ${key}`)
  return field
}

function unknownKey(key: string, known: readonly string[]): string {
  const shown = shorten(key)
  return `"${shown}" is not a key here. The nearest one is "${nearest(shown, known)}"; all are ${known.join(', ')}.`
}

function toPath(path: readonly PropertyKey[]): DocumentPath {
  return path.map((key) => (typeof key === 'number' ? key : String(key)))
}
