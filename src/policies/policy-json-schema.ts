import { z } from 'zod'
import { APP, DOCUMENT, PERMISSIONS, REQUIREMENT, RULE, SECOND_FACTOR, TEST, TEST_VISITOR } from './policy-fields.ts'
import type { Section } from './policy-schema.ts'

type JsonSchema = Readonly<Record<string, unknown>>

/** JSON Schema (2020-12) of the policy file, by which editors complete and check it. */
export function policyJsonSchema(): JsonSchema {
  const rule = {
    ...objectOf(RULE, { require: objectOf(REQUIREMENT, {}) }),
    oneOf: [requires('allow'), requires('require'), requires('deny')],
  }
  const app = objectOf(APP, { rules: { type: 'array', items: rule } })
  const visitor = { anyOf: [{ const: 'nobody' }, objectOf(TEST_VISITOR, {})] }
  const roles = { type: 'object', additionalProperties: jsonSchemaOf(PERMISSIONS) }
  const document = objectOf(DOCUMENT, {
    roles,
    second_factor: objectOf(SECOND_FACTOR, {}),
    apps: { type: 'array', items: app },
    tests: { type: 'array', items: objectOf(TEST, { as: visitor }) },
  })
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'Postern policy', ...document }
}

/** @param parts what stands for fields that are read apart */
function objectOf(
  { what, fields, defaults }: Section<z.ZodRawShape>,
  parts: Readonly<Record<string, JsonSchema>>,
): JsonSchema {
  const properties = Object.entries(fields).map(([key, field]) => [key, parts[key] ?? jsonSchemaOf(field)])
  const required = Object.keys(fields).filter((key) => !defaults.has(key))
  return {
    type: 'object',
    description: what,
    properties: Object.fromEntries(properties),
    required,
    additionalProperties: false,
  }
}

function jsonSchemaOf(field: z.core.$ZodType): JsonSchema {
  const { $schema: _, ...schema } = z.toJSONSchema(field, { unrepresentable: 'any', override: oneOrMany })
  return schema
}

/** Where a list may be given, one value alone may stand for a list of one. */
function oneOrMany({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: z.core.$ZodType
  jsonSchema: z.core.JSONSchema.BaseSchema
}): void {
  if (zodSchema._zod.def.type !== 'pipe') return
  const { type, items, minItems } = jsonSchema
  for (const key of ['type', 'items', 'minItems'] as const) delete jsonSchema[key]
  jsonSchema.anyOf = [items as z.core.JSONSchema.BaseSchema, { type, items, minItems } as z.core.JSONSchema.BaseSchema]
}

function requires(key: string): JsonSchema {
  return { required: [key] }
}
