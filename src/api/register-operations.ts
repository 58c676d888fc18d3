import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { PosternError } from '../errors.ts'
import { bodyKind, readShape } from '../web/body.ts'
import type { ShapeFault } from '../web/body.ts'
import { readJson } from '../web/strict-json.ts'
import type { Fields } from '../web/strict-json.ts'
import type { Caller, Operation, Outcome } from './operation.ts'

/** What registering takes besides the operations. */
export interface OperationParts {
  /** Who asks; refuses cross-site requests, and where the operation needs it whoever has not proven himself lately. */
  callerOf(request: FastifyRequest, operation: Operation): Promise<Caller>
  /** Runs an operation that makes something, once for each `Idempotency-Key` of a caller. */
  runOnce(request: FastifyRequest, caller: Caller, run: () => Promise<Reply>): Promise<Reply>
}

/** Status, headers and body of an answer. */
export interface Reply {
  readonly status: number
  readonly etag: string | null
  readonly body: object
}

export const API_PATH = '/api/v2'
const NO_FIELDS: Fields = {}

/** Makes a route of each operation; what a request holds is read by the schemas that OpenAPI shows. */
export function registerOperations(
  app: FastifyInstance,
  parts: OperationParts,
  operations: readonly Operation[],
): void {
  for (const operation of operations) {
    const { method, path, access } = operation
    const url = API_PATH + path.replaceAll(/\{(\w+)\}/g, ':$1')
    app.route({
      method,
      url,
      config: { access },
      handler: (request, reply) => answer(parts, operation, request, reply),
    })
  }
}

async function answer(
  parts: OperationParts,
  operation: Operation,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const caller = await parts.callerOf(request, operation)
  const given = readGiven(operation, request)
  if ('faults' in given) return reply.code(400).send({ status: 'error', errors: given.faults })
  const run = async (): Promise<Reply> => {
    const expect = (version: string): void => expectVersion(request.headers['if-match'], version)
    return replyOf(operation, await operation.run({ ...given, caller, expect } as never))
  }
  const { status, etag, body } = operation.status === 201 ? await parts.runOnce(request, caller, run) : await run()
  if (etag !== null) reply.header('etag', etag)
  return reply.code(status).send(body)
}

type Given = { readonly params: unknown; readonly query: unknown; readonly body: unknown }

function readGiven(operation: Operation, request: FastifyRequest): Given | { readonly faults: readonly ShapeFault[] } {
  const params = readShape(operation.params ?? {}, request.params as Fields)
  const query = readShape(operation.query ?? {}, request.query as Fields)
  const body = readShape(operation.body ?? {}, operation.body === undefined ? NO_FIELDS : readBody(request))
  const faults = [params, query, body].flatMap((read) => (read.kind === 'invalid' ? read.faults : []))
  if (params.kind === 'invalid' || query.kind === 'invalid' || body.kind === 'invalid') return { faults }
  return { params: params.value, query: query.value, body: body.value }
}

function readBody(request: FastifyRequest): Fields {
  if (bodyKind(request.headers['content-type']) !== 'json')
    throw new PosternError('bad_request', 'not application/json')
  return readJson(request.body as Buffer)
}

function replyOf({ status = 200 }: Operation, { data, next, version }: Outcome<unknown>): Reply {
  const body = { status: 'ok', ...(data !== undefined && { data }), ...(next !== undefined && { next }) }
  return { status, etag: version === undefined ? null : `"${version}"`, body }
}

/** A list of tags, or `*` for anything that is there; ours are strong, so weak ones never fit. */
function expectVersion(header: string | undefined, version: string): void {
  if (header === undefined) return
  const tags = header.split(',').map((tag) => tag.trim())
  if (!tags.includes('*') && !tags.includes(`"${version}"`)) throw new PosternError('changed_since')
}
