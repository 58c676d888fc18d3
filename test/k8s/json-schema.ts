/** As much of JSON Schema as the schemas beside this file need; any other keyword is an error of its own. */
export interface Schema {
  readonly $comment?: string
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly items?: Schema
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: boolean | Schema
}

const KEYWORDS = new Set([
  '$comment',
  'type',
  'const',
  'enum',
  'pattern',
  'items',
  'required',
  'properties',
  'additionalProperties',
])

/** What is wrong with a value, a sentence each that begins with its place; nothing where it fits. */
export function violations(schema: Schema, value: unknown, place = ''): string[] {
  const unknown = Object.keys(schema).find((keyword) => !KEYWORDS.has(keyword))
  if (unknown !== undefined) throw new Error(`the schema of ${place} uses ${unknown}, which this reader doesn't know`)
  const types = schema.type === undefined ? [] : [schema.type].flat()
  if (types.length > 0 && !types.some((type) => isOf(type, value))) return [`${place} must be ${types.join(' or ')}`]
  const found: string[] = []
  if ('const' in schema && schema.const !== value) found.push(`${place} must be ${String(schema.const)}`)
  if (schema.enum !== undefined && !schema.enum.includes(value))
    found.push(`${place} must be one of ${schema.enum.join()}`)
  if (schema.pattern !== undefined && typeof value === 'string' && !new RegExp(schema.pattern).test(value))
    found.push(`${place} must match ${schema.pattern}`)
  const { items } = schema
  if (Array.isArray(value) && items !== undefined)
    return [...found, ...value.flatMap((item, index) => violations(items, item, `${place}[${index}]`))]
  return isObject(value) ? [...found, ...ofObject(schema, value, place)] : found
}

function ofObject(schema: Schema, value: Readonly<Record<string, unknown>>, place: string): string[] {
  const missing = (schema.required ?? []).filter((key) => !(key in value)).map((key) => `${place}.${key} is missing`)
  const inside = Object.entries(value).flatMap(([key, part]) => {
    const own = schema.properties?.[key] ?? schema.additionalProperties ?? true
    if (own === false) return [`${place}.${key} is not known`]
    return own === true ? [] : violations(own, part, `${place}.${key}`)
  })
  return [...missing, ...inside]
}

function isOf(type: string, value: unknown): boolean {
  switch (type) {
    case 'array':
      return Array.isArray(value)
    case 'object':
      return isObject(value)
    case 'integer':
      return Number.isInteger(value)
    default:
      return typeof value === type
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
