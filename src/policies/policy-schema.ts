import { z } from 'zod'
import { readHost } from '../lib/host.ts'
import { nearest } from '../lib/nearest.ts'
import { METHODS, readMethod } from './method.ts'
import { readPattern } from './pattern.ts'
import { ADMIN_ROLE } from './policy.ts'

/** Place in the document: keys and, in lists, places from 0. */
export type DocumentPath = readonly (string | number)[]

/** Takes a mistake. The sentence is asked for only when it will be shown. */
export type Report = (path: DocumentPath, sentence: () => string) => void

/** A map of the document: the keys that it may have now, and those that a later version will know. */
export interface Section<Fields extends z.ZodRawShape> {
  /** Says what is expected where something else stands. */
  readonly what: string
  readonly fields: Fields
  readonly later: readonly string[]
}

/** The keys of a section that could be read. */
export type Read<Fields extends z.ZodRawShape> = { readonly [Key in keyof Fields]?: z.output<Fields[Key]> }

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/
const NAME_RULE = 'at most 64 small letters, digits, ".", "_" and "-", the first a letter or digit'
const PERMISSION = /^[a-z0-9][a-z0-9._-]{0,63}:[a-z0-9][a-z0-9._-]{0,63}$/

const PORT_RULE = wants('a port from 1 to 65535')

const pattern = z.string(wants('a path in quotes or without spaces')).superRefine((text, context) => {
  const read = readPattern(text)
  if (typeof read === 'string') context.addIssue(`Can't be used as a path: ${read}.`)
})
const method = z.string(wants('a method such as GET')).refine((text) => readMethod(text) !== null, {
  error: ({ input }) =>
    `"${shorten(input)}" is not a method that a rule can name. Use capital letters, one of ${METHODS.join(' ')}.`,
})
const roleName = z.string(wants('a role name in quotes'))
const permission = z.string(wants('a permission in quotes')).regex(PERMISSION, {
  error:
    'Write a permission as resource:action, in small letters, digits, ".", "_" and "-"; "*" stands for nothing here.',
})
const host = z.string(wants('a host name in quotes')).refine((text) => readPolicyHost(text) !== null, {
  error: 'Write a host name alone, such as wiki.example.com, or "*.example.com" for exactly one label more.',
})

/** The document itself; roles and apps are read one by one so that every mistake is found at once. */
export const DOCUMENT = section({
  what: 'a map with version, roles and apps',
  fields: {
    version: z.literal(1, wants('1')),
    roles: z.record(z.string(), z.unknown(), wants('a map of role names to lists of permissions, or {}')).default({}),
    apps: z.array(z.unknown(), wants('a list of apps, or []')),
  },
  later: ['tests'],
})

/** One app but for its rules, which are read one by one. */
export const APP = section({
  what: 'a map with name, hosts and rules',
  fields: {
    name: z.string(wants('a name for the app')).regex(NAME, { error: `An app's name has ${NAME_RULE}.` }),
    hosts: z.array(host, wants('a list of hosts')).min(1, { error: 'Give the app at least one host.' }),
    scheme: z.enum(['http', 'https'], wants('http or https')).default('https'),
    port: z.int(PORT_RULE).min(1, PORT_RULE).max(65535, PORT_RULE).optional(),
    rules: z.array(z.unknown(), wants('a list of rules, or [] to forbid everything')),
  },
  later: ['headers', 'charset', 'assertion', 'alias_guard', 'path_bytes', 'outage'],
})

/** One rule; what it requires is read apart. */
export const RULE = section({
  what: 'a map with path and one of allow, require and deny',
  fields: {
    path: oneOrMore(pattern, 'a path such as /admin/**, or a list of paths').default(['/**']),
    methods: z
      .array(method, wants('a list of methods such as [GET, POST]'))
      .min(1, { error: 'Name at least one method, or leave methods out.' })
      .optional(),
    allow: z.literal('anyone', wants('anyone')).optional(),
    require: z.unknown().optional(),
    deny: z.literal(true, wants('true')).optional(),
  },
  later: ['networks', 'mode', 'identify'],
})

/** What a rule requires. */
export const REQUIREMENT = section({
  what: 'a map with role or permission, or {} for anybody signed in',
  fields: {
    role: oneOrMore(roleName, 'a role or a list of roles of which one is enough').optional(),
    permission: oneOrMore(permission, 'a permission or a list of permissions of which one is enough').optional(),
  },
  later: ['factors', 'max_auth_age'],
})

/** The permissions of one role. */
export const PERMISSIONS = z.array(permission, wants('a list of permissions such as [wiki:read], or []'))

/** What a section holds, key by key so that one mistake hides no other. What is left out was reported. */
export function readSection<Fields extends z.ZodRawShape>(
  { what, fields, later }: Section<Fields>,
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
    if (!known.includes(key)) report([...path, key], () => unknownKey(key, known, later))
  }
  const read = known.map((key) => [key, readValue(getField(fields, key), value[key], [...path, key], report)])
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

/** Name of a role as a policy may define it, or the sentence that says how to write one. */
export function roleNameMistake(name: string): string | null {
  if (name === ADMIN_ROLE) return `"${ADMIN_ROLE}" is built in: rules may name it, roles may not define it.`
  return NAME.test(name) ? null : `A role's name has ${NAME_RULE}.`
}

/** A host of the policy file in the form that hosts of requests have, or null. */
export function readPolicyHost(text: string): string | null {
  const isWildcard = text.startsWith('*.')
  const host = readHost(isWildcard ? text.slice(2) : text)
  if (host === null || host.port !== null) return null
  if (!isWildcard) return host.name
  return /^[\d.]+$|^\[/.test(host.name) ? null : `*.${host.name}`
}

/** True for a map of the document, which has names for keys. */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function section<Fields extends z.ZodRawShape>(section: Section<Fields>): Section<Fields> {
  return section
}

function getField(fields: z.ZodRawShape, key: string): z.core.$ZodType {
  const field = fields[key]
  if (field === undefined) throw new Error(`no such field: ${key}`)
  return field
}

function oneOrMore<T extends z.ZodType>(item: T, what: string) {
  const list = z.array(item, wants(what)).min(1, { error: `Must be ${what}: the list is empty.` })
  return z.preprocess((value) => (typeof value === 'string' ? [value] : value), list)
}

function wants(what: string) {
  return {
    error: ({ input }: { input?: unknown }) => (input === undefined ? `Is missing: give ${what}.` : `Must be ${what}.`),
  }
}

function unknownKey(key: string, known: readonly string[], later: readonly string[]): string {
  if (later.includes(key)) return `This version of Postern does not support "${key}" yet. Write the policy without it.`
  const shown = shorten(key)
  return `"${shown}" is not a key here. The nearest one is "${nearest(shown, known)}"; all are ${known.join(', ')}.`
}

function shorten(input: unknown): string {
  return String(input).slice(0, 64)
}

function toPath(path: readonly PropertyKey[]): DocumentPath {
  return path.map((key) => (typeof key === 'number' ? key : String(key)))
}
