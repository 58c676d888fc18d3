import { STATUS_CODES } from 'node:http'
import { z } from 'zod'
import { ERRORS } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import { OWN_PERMISSIONS } from '../lib/permissions.ts'
import type { Described } from './operation.ts'
import { NOTHING } from './shapes.ts'
import { API_PATH } from './register-operations.ts'

type Json = Readonly<Record<string, unknown>>

/** What any operation may answer with. */
const ALWAYS: readonly ErrorCode[] = [
  'bad_request',
  'not_signed_in',
  'forbidden',
  'rate_limited',
  'internal',
  'store_unavailable',
]
const CHANGING: readonly ErrorCode[] = ['cross_site_request', 'body_too_large']
const MAKING: readonly ErrorCode[] = ['still_running', 'key_reused']

/**
 * The API as OpenAPI 3.1 tells it, made of the schemas that read the requests.
 * @param server path or address below which the operations are, such as `/.postern`
 */
export function openApiDocument(operations: readonly Described[], server: string): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Postern',
      version: '2',
      description:
        'Users, sign-ins, policy and record of a Postern gateway. Call it with the cookie of a sign-in or with an API token.',
    },
    servers: [{ url: server + API_PATH }],
    security: [{ session: [] }, { token: [] }],
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name })),
    paths: pathsOf(operations),
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: '__Host-postern' },
        token: { type: 'http', scheme: 'bearer' },
      },
      schemas: { Error: ERROR },
    },
  }
}

const ERROR: Json = {
  type: 'object',
  required: ['status', 'errors'],
  additionalProperties: false,
  properties: {
    status: { const: 'error' },
    errors: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['code', 'message'],
        additionalProperties: false,
        properties: {
          code: { enum: Object.keys(ERRORS) },
          message: { type: 'string', description: 'What to do next, for people.' },
          field: { type: 'string', description: 'Field of the request that is at fault.' },
        },
      },
    },
  },
}

function pathsOf(operations: readonly Described[]): Json {
  const paths = new Map<string, Record<string, Json>>()
  for (const operation of operations) {
    const methods = paths.get(operation.path) ?? {}
    methods[operation.method.toLowerCase()] = operationOf(operation)
    paths.set(operation.path, methods)
  }
  return Object.fromEntries(paths)
}

function operationOf(operation: Described): Json {
  const { name, tag, summary, access, needsProof, body, refusesTokens } = operation
  const permission =
    access === 'anyone'
      ? 'Anybody may.'
      : access === 'signed_in'
        ? 'Anybody signed in may.'
        : `Takes ${access}: to ${OWN_PERMISSIONS[access]}.`
  const proof = needsProof ? ' The caller must have proven who he is within ten minutes.' : ''
  return {
    operationId: name,
    tags: [tag],
    summary,
    description: permission + proof,
    parameters: [
      ...parametersOf(operation.params, 'path'),
      ...parametersOf(operation.query, 'query'),
      ...headersOf(operation),
    ],
    ...(access === 'anyone' ? { security: [] } : refusesTokens && { security: [{ session: [] }] }),
    ...(body !== undefined && {
      requestBody: { required: true, content: jsonOf(schemaOf(z.strictObject(body), 'input')) },
    }),
    responses: responsesOf(operation),
  }
}

function parametersOf(shape: z.ZodRawShape | undefined, place: 'path' | 'query'): Json[] {
  const { properties = {}, required = [] } = schemaOf(z.strictObject(shape ?? {}), 'input') as {
    properties?: Record<string, Json>
    required?: string[]
  }
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema,
  }))
}

function headersOf({ status, method, errors = [] }: Described): Json[] {
  const text = { type: 'string' }
  const once = {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description: 'The same key makes the same thing once.',
    schema: text,
  }
  const match = {
    name: 'If-Match',
    in: 'header',
    required: false,
    description: 'ETag of what was read; another change since refuses.',
    schema: text,
  }
  return [
    ...(status === 201 ? [once] : []),
    ...(method === 'PATCH' || method === 'PUT' || errors.includes('changed_since') ? [match] : []),
  ]
}

function responsesOf(operation: Described): Json {
  const { status = 200, data, method, errors = [], needsProof, writes } = operation
  const codes = [
    ...ALWAYS,
    ...(method === 'GET' ? [] : CHANGING),
    ...(status === 201 ? MAKING : []),
    ...(needsProof ? (['proof_needed'] as const) : []),
    ...errors,
  ]
  const statuses = [...new Set(codes.map((code) => ERRORS[code].status))].sort((one, other) => one - other)
  const envelope = {
    type: 'object',
    required: data === NOTHING ? ['status'] : ['status', 'data'],
    additionalProperties: false,
    properties: {
      status: { const: 'ok' },
      ...(data !== NOTHING && { data: schemaOf(data, 'output') }),
      next: { type: ['string', 'null'] },
    },
  }
  const refusals = statuses.map((each): [string, Json] => [String(each), refusalOf(each, codes)])
  return {
    [status]: {
      description: STATUS_CODES[status] ?? '',
      content: writes === undefined ? jsonOf(envelope) : filesOf(writes),
    },
    ...Object.fromEntries(refusals),
  }
}

function refusalOf(status: number, codes: readonly ErrorCode[]): Json {
  const meant = [...new Set(codes)].filter((code) => ERRORS[code].status === status)
  const description = meant.map((code) => `\`${code}\`: ${ERRORS[code].message}`).join(' ')
  return { description, content: jsonOf({ $ref: '#/components/schemas/Error' }) }
}

function jsonOf(schema: Json): Json {
  return { 'application/json': { schema } }
}

function filesOf(types: readonly string[]): Json {
  return Object.fromEntries(types.map((type) => [type, { schema: { type: 'string' } }]))
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return rest
}
