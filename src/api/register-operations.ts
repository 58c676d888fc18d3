import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { PosternError } from '../errors.ts'
import { bodyKind, readShape } from '../web/body.ts'
import type { ShapeFault } from '../web/body.ts'
import { checkText, readJson } from '../web/strict-json.ts'
import type { Fields } from '../web/strict-json.ts'
import { UserFieldsError } from '../users/users.ts'
import type { Caller, Operation, Outcome, Written } from './operation.ts'

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
  /** True where it was given before, to the same request with the same `Idempotency-Key`. */
  readonly isReplayed?: boolean
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
    const { method, access, maxBodyBytes } = operation
    app.route({
      method,
      url: routeOf(operation),
      config: { access, takesTokens: true },
      ...(maxBodyBytes !== undefined && { bodyLimit: maxBodyBytes }),
      handler: (request, reply) => answer(parts, operation, request, reply),
    })
  }
}

/** As the router writes its path. */
export function routeOf({ path }: Pick<Operation, 'path'>): string {
  return API_PATH + path.replaceAll(/\{(\w+)\}/g, ':$1')
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
  const done = await carryOut(parts, operation, request, { ...given, caller })
  if ('faults' in done) return reply.code(400).send({ status: 'error', errors: done.faults })
  return 'written' in done ? write(reply, done) : send(reply, done)
}

type Faults = { readonly faults: readonly ShapeFault[] }

async function carryOut(
  parts: OperationParts,
  operation: Operation,
  request: FastifyRequest,
  call: Given & { readonly caller: Caller },
): Promise<Reply | Written | Faults> {
  const expect = (version: string): void => expectVersion(request.headers['if-match'], version)
  const run = (): Promise<Outcome<unknown> | Written> => operation.run({ ...call, expect } as never)
  try {
    if (operation.status === 201)
      return await parts.runOnce(request, call.caller, async () => replyOf(operation, made(await run())))
    const outcome = await run()
    return 'written' in outcome ? outcome : replyOf(operation, outcome)
  } catch (error) {
    const faults = faultsOf(error)
    if (faults === null) throw error
    return { faults }
  }
}

function send(reply: FastifyReply, { status, etag, body, isReplayed }: Reply): FastifyReply {
  if (etag !== null) reply.header('etag', etag)
  if (isReplayed) reply.header('idempotency-replayed', 'true')
  return reply.code(status).send(body)
}

function write(reply: FastifyReply, { written, contentType, fileName }: Written): FastifyReply {
  if (fileName !== undefined) reply.header('content-disposition', `attachment; filename="${fileName}"`)
  return reply.type(contentType).send(written)
}

function made(outcome: Outcome<unknown> | Written): Outcome<unknown> {
  if ('written' in outcome) throw new Error('what is made once is answered in the envelope')
  return outcome
}

/** What of the fields only those can tell who know what is there; null for what is no fault of theirs. */
function faultsOf(error: unknown): ShapeFault[] | null {
  if (error instanceof UserFieldsError)
    return Object.entries(error.fields).map(([field, message]) => ({ code: 'bad_request', field, message }))
  return null
}

type Given = { readonly params: unknown; readonly query: unknown; readonly body: unknown }

function readGiven(operation: Operation, request: FastifyRequest): Given | Faults {
  for (const text of [request.params, request.query].flatMap((fields) => Object.values(fields as Fields)))
    checkText(String(text))
  const params = readShape(operation.params ?? {}, request.params as Fields)
  if (hasUnreadQuery(request)) throw new PosternError('bad_request', 'a parameter that is doubled or broken')
  const query = readShape(operation.query ?? {}, request.query as Fields)
  const body = readShape(operation.body ?? {}, operation.body === undefined ? NO_FIELDS : readBody(request))
  const faults = [params, query, body].flatMap((read) => (read.kind === 'invalid' ? read.faults : []))
  if (params.kind === 'invalid' || query.kind === 'invalid' || body.kind === 'invalid') return { faults }
  return { params: params.value, query: query.value, body: body.value }
}

/** One that is left out would be a filter that doesn't filter. */
function hasUnreadQuery({ url, query }: FastifyRequest): boolean {
  const at = url.indexOf('?')
  const pairs = at === -1 ? [] : url.slice(at + 1).split('&')
  return pairs.filter((pair) => pair !== '').length !== Object.keys(query as Fields).length
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
