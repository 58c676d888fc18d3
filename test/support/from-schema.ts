import fc from 'fast-check'

/** As much of JSON Schema as our documents have. */
export interface Schema {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly format?: string
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: Schema
  readonly maxItems?: number
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
}

/** By the name of a field, values that mean something in the program under test. */
export type Known = Readonly<Record<string, readonly unknown[]>>

const GREATEST = 1_000_000_000

/** Values that fit a schema, of named fields often those that are known. */
export function validFrom(schema: Schema, known: Known, name = ''): fc.Arbitrary<unknown> {
  const any = plainFrom(schema, known)
  const values = known[name] ?? []
  return values.length === 0 ? any : fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...values) }, any)
}

/** Values that mostly don't: of another type, too long or great, with a field too many or too few. */
export function brokenFrom(schema: Schema, known: Known, name = ''): fc.Arbitrary<unknown> {
  const junk = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom(...JUNK))
  if (schema.properties === undefined) return fc.oneof(junk, validFrom(schema, known, name))
  const fields = Object.entries(schema.properties)
  const broken = Object.fromEntries(fields.map(([field, each]) => [field, brokenFrom(each, known, field)]))
  const more = fc.dictionary(fc.constantFrom('more', '__proto__', 'constructor', 'id', 'roles', 'epoch'), junk, {
    maxKeys: 2,
  })
  const object = fc.tuple(fc.record(broken, { requiredKeys: [] }), more).map(([one, other]) => ({ ...one, ...other }))
  return fc.oneof({ weight: 4, arbitrary: object }, junk)
}

/** What has broken programs before. */
const JUNK: readonly unknown[] = [
  '',
  ' ',
  '\u0000',
  '\ud800',
  '../../etc/passwd',
  "'; drop table auth.users; --",
  '%00',
  '%',
  '_',
  '\\',
  '{{7*7}}',
  '<img src=x onerror=alert(1)>',
  '\u202e',
  'a'.repeat(5_000),
  -1,
  0,
  1e9,
  2 ** 53,
  1.5,
  1e308,
  null,
  true,
  [],
  {},
  [[[[[[]]]]]],
]

function plainFrom(schema: Schema, known: Known): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map((each) => validFrom(each, known)))
  const { minimum = -GREATEST, maximum = GREATEST, maxItems = 5, items = {} } = schema
  const { type = '' } = schema
  switch (type) {
    case 'string':
      return textFrom(schema)
    case 'integer':
      return fc.integer({ min: Math.max(minimum, -GREATEST), max: Math.min(maximum, GREATEST) })
    case 'number':
      return fc.double({ min: minimum, max: maximum, noNaN: true })
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array':
      return fc.array(validFrom(items, known), { maxLength: Math.min(maxItems, 5) })
    case 'object':
      return objectFrom(schema, known)
    default:
      return fc.jsonValue({ maxDepth: 2 })
  }
}

function objectFrom({ properties = {}, required = [] }: Schema, known: Known): fc.Arbitrary<unknown> {
  const fields = Object.entries(properties).map(([name, each]) => [name, validFrom(each, known, name)] as const)
  return fc.record(Object.fromEntries(fields), { requiredKeys: [...required] })
}

function textFrom({ format, pattern, minLength = 0, maxLength = 40 }: Schema): fc.Arbitrary<string> {
  if (format === 'date-time')
    return fc
      .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString())
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern))
  const length = { minLength, maxLength: Math.max(minLength, Math.min(maxLength, 40)) }
  return fc.oneof(fc.string(length), fc.string({ unit: 'grapheme', ...length }))
}
