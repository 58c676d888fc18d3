import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { Sealing } from '../credentials/sealing.ts'
import { OperatorError, PosternError } from '../errors.ts'
import type { Principal } from '../lib/principal.ts'
import type { Database } from '../store/database.ts'
import { CLAIM_KEY, FIND_KEY, FREE_KEY, KEEP_REPLY } from './idempotency-table.ts'
import type { Caller } from './operation.ts'
import type { Reply } from './register-operations.ts'

export interface OnceParts {
  readonly database: Database
  /** A reply may hold a secret that is told this once. */
  readonly sealing: Sealing
}

/** Printable, without blanks; what clients use are UUIDs. */
const KEY = /^[\x21-\x7e]{1,255}$/

/**
 * Runs a request once for each `Idempotency-Key` of its caller, and gives the same reply to whoever repeats it within a
 * day. A refusal is not kept, since nothing was made; where nobody knows whether something was, the key stays used.
 * @throws PosternError `still_running`, or `key_reused` for another request
 */
export async function runOnce(
  { database, sealing }: OnceParts,
  request: FastifyRequest,
  { principal }: Caller,
  run: () => Promise<Reply>,
): Promise<Reply> {
  const key = keyOf(request)
  if (key === null) return run()
  const { userId } = principal
  const keyHash = createHash('sha256').update(key).digest()
  const fingerprint = fingerprintOf(request, principal)
  const placeOf = (rowId: string) => ({ purpose: 'reply', rowId, userId }) as const
  const [claimed] = await database.query(CLAIM_KEY, userId, keyHash, fingerprint)
  if (claimed !== undefined) {
    const reply = await runOrFree(database, claimed.id, run)
    const sealed = sealing.seal(placeOf(claimed.id), Buffer.from(JSON.stringify(reply)))
    await database.query(KEEP_REPLY, claimed.id, sealed)
    return reply
  }
  const [found] = await database.query(FIND_KEY, userId, keyHash)
  if (found !== undefined && !found.fingerprint.equals(fingerprint)) throw new PosternError('key_reused')
  const kept = found?.sealed_reply ? sealing.open(placeOf(found.id), found.sealed_reply) : null
  if (kept === null) throw new PosternError('still_running')
  return { ...(JSON.parse(kept.toString()) as Reply), isReplayed: true }
}

async function runOrFree(database: Database, id: string, run: () => Promise<Reply>): Promise<Reply> {
  try {
    return await run()
  } catch (error) {
    if (isRefusal(error)) await database.query(FREE_KEY, id)
    throw error
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof PosternError ? error.status < 500 : error instanceof OperatorError
}

function keyOf({ raw }: FastifyRequest): string | null {
  const [key, ...others] = raw.headersDistinct['idempotency-key'] ?? []
  if (key === undefined) return null
  if (others.length > 0 || !KEY.test(key)) throw new PosternError('bad_request', 'Idempotency-Key')
  return key
}

/** Whoever calls by a token is another caller than the same person in a browser: it may do less. */
function fingerprintOf({ method, url, body }: FastifyRequest, { via, signInId }: Principal): Buffer {
  const hash = createHash('sha256').update(`${method}\0${url}\0${via === undefined ? 'cookie' : signInId}\0`)
  return hash.update(Buffer.isBuffer(body) ? body : '').digest()
}
