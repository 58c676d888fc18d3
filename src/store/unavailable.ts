import { PosternError } from '../errors.ts'

// Node's codes for a server that can't be reached; SQLSTATE classes 08 (connection), 53 (out of resources) and
// 57P (shut down, starting up, database dropped); 25006 (a standby, or read-only).
const UNAVAILABLE_CODE = /^(ECONN|ENOENT|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_|EACCES|08...$|53...$|57P..$|25006$)/

// What `pg` says without a code.
const UNAVAILABLE_MESSAGE = /^(Connection terminated|Query read timeout|timeout expi?|timeout exceeded|Client )/

/** `store_unavailable` with what happened as detail for the log; `cause` is kept. */
export function storeUnavailable(cause: unknown): PosternError {
  return new PosternError('store_unavailable', describe(cause), { cause })
}

/** Turns an error of a lost, refused or silent connection into `store_unavailable`; any other comes back as it is. */
export function toStoreError(error: unknown): unknown {
  if (error instanceof PosternError || !(error instanceof Error)) return error
  const code = codeOf(error)
  const unavailable = code === '' ? UNAVAILABLE_MESSAGE.test(error.message) : UNAVAILABLE_CODE.test(code)
  return unavailable ? storeUnavailable(error) : error
}

/** True for what `storeUnavailable` made. */
export function isStoreUnavailable(error: unknown): boolean {
  return error instanceof PosternError && error.code === 'store_unavailable'
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : ''
}

function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  return [codeOf(cause), cause.message].filter((part) => part !== '').join(': ')
}
