import { z } from 'zod'
import { PosternError } from '../errors.ts'
import { checkText, decodeUtf8 } from './strict-json.ts'
import type { Fields } from './strict-json.ts'

/** What a body has to hold; made by `bodySchema`. */
export type BodySchema<T> = z.ZodType<T>

/** A body's typed value, or the name of the first field at fault: null when the body has a field it must not have. */
export type ParsedBody<T> = { kind: 'valid'; value: T } | { kind: 'invalid'; field: string | null }

/**
 * The kind of body that a Content-Type announces, or null for one that is not taken. Read exactly: a charset other
 * than UTF-8 or anything after it would leave the reading to chance.
 */
export function bodyKind(contentType: string | undefined): 'form' | 'json' | null {
  const [type, parameter, ...rest] = (contentType ?? '').toLowerCase().split(';')
  if (rest.length > 0 || (parameter !== undefined && parameter.trim() !== 'charset=utf-8')) return null
  if (type === 'application/json') return 'json'
  return type === 'application/x-www-form-urlencoded' ? 'form' : null
}

/**
 * The fields of an `application/x-www-form-urlencoded` body, each a string.
 * @throws PosternError `bad_request` for a doubled field, a broken percent escape, bad UTF-8 or NUL
 */
export function readForm(body: Uint8Array): Fields {
  const fields = new Map<string, string>()
  for (const pair of decodeUtf8(body).split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decodePart(equals === -1 ? pair : pair.slice(0, equals))
    if (fields.has(name)) throw new PosternError('bad_request', 'a doubled form field')
    fields.set(name, equals === -1 ? '' : decodePart(pair.slice(equals + 1)))
  }
  return Object.fromEntries(fields)
}

/** A field that takes text of at most so many UTF-16 units, and nothing that would have to be turned into text. */
export function textField(maxLength: number): z.ZodString {
  return z.string().max(maxLength)
}

/** A text field that may be left out. */
export function optionalTextField(maxLength: number): z.ZodOptional<z.ZodString> {
  return z.string().max(maxLength).optional()
}

/** A schema of exactly these fields; any other makes the body invalid. */
export function bodySchema<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape)
}

/** The fields as the schema types them. Nothing is turned from one type into another. */
export function parseBody<T>(schema: BodySchema<T>, fields: Fields): ParsedBody<T> {
  const result = schema.safeParse(fields)
  if (result.success) return { kind: 'valid', value: result.data }
  const field = result.error.issues[0]?.path[0]
  return { kind: 'invalid', field: typeof field === 'string' ? field : null }
}

/** What is wrong with one field, as replies tell it (DESIGN 4.8). */
export interface ShapeFault {
  readonly code: 'bad_request'
  readonly field: string
  readonly message: string
}

/** More of them help nobody, and a body may have a hundred thousand. */
const MAX_FAULTS = 50

/** Fields as their schemas type them, or each fault. @param shape by name; nothing else may be given */
export function readShape<Shape extends z.ZodRawShape>(
  shape: Shape,
  fields: Fields,
): { kind: 'valid'; value: z.output<z.ZodObject<Shape, z.core.$strict>> } | { kind: 'invalid'; faults: ShapeFault[] } {
  const result = z.strictObject(shape).safeParse({ ...fields })
  if (result.success) return { kind: 'valid', value: result.data as never }
  return { kind: 'invalid', faults: result.error.issues.flatMap(faultsOf).slice(0, MAX_FAULTS) }
}

function faultsOf(issue: z.core.$ZodIssue): ShapeFault[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((field) => ({ code: 'bad_request', field, message: 'There is no such field.' }))
  return [{ code: 'bad_request', field: issue.path.join('.'), message: issue.message }]
}

function decodePart(part: string): string {
  try {
    const text = decodeURIComponent(part.replaceAll('+', ' '))
    checkText(text)
    return text
  } catch (cause) {
    if (cause instanceof PosternError) throw cause
    throw new PosternError('bad_request', 'a broken percent escape in a form', { cause })
  }
}
