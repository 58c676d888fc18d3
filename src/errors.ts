interface ErrorEntry {
  readonly status: number
  readonly message: string
}

/** Every error that a person or a program can be told of: HTTP status and a sentence that says what to do. */
export const ERRORS = {
  bad_request: { status: 400, message: 'The request is not in the expected form.' },
  address_not_judged: {
    status: 400,
    message:
      'Postern can not tell yet which rule is meant for this address: it has characters that servers read differently.',
  },
  body_too_large: { status: 400, message: 'The request body is larger than what is taken here. Send less.' },
  invalid_credentials: { status: 401, message: 'Login or password is wrong.' },
  wrong_second_factor: { status: 401, message: 'This was not accepted as a second factor. Try again with a new one.' },
  sign_in_expired: { status: 401, message: 'This sign-in took too long or had too many tries. Begin again.' },
  not_signed_in: { status: 401, message: 'Sign in first.' },
  cross_site_request: {
    status: 403,
    message: 'This form was not sent from this site, or is too old. Load the page again and retry.',
  },
  forbidden: { status: 403, message: 'You are signed in, but not allowed to open this.' },
  proof_needed: { status: 403, message: 'Prove once more who you are, and then try again.' },
  holds_more: {
    status: 403,
    message: 'This person may do things with Postern that you may not. Ask an administrator.',
  },
  not_yours_to_give: {
    status: 403,
    message: 'This would let somebody do things with Postern that you may not do yourself. Ask an administrator.',
  },
  unknown_user: { status: 404, message: 'There is nobody with this login.' },
  not_found: { status: 404, message: 'There is no such page.' },
  nothing_there: { status: 404, message: 'There is no such thing, or it is over already.' },
  already_there: { status: 409, message: 'There is one like this already.' },
  last_administrator: {
    status: 409,
    message: 'This is the last administrator. Give the role postern-admin to somebody else first.',
  },
  user_disabled: { status: 409, message: 'This person is disabled. Enable the account first.' },
  policy_in_file: {
    status: 409,
    message: 'The policy is kept in a file (POSTERN_POLICY_FILE). Change that file; it is applied by itself.',
  },
  still_running: {
    status: 409,
    message:
      'A request with this Idempotency-Key was begun and has not ended. Look whether it did its work, then use a new key.',
  },
  key_reused: {
    status: 422,
    message: 'This Idempotency-Key was used for another request. Use a new key for each thing to make.',
  },
  changed_since: {
    status: 412,
    message: 'This was changed by somebody else since it was read. Read it again, then decide.',
  },
  link_not_valid: {
    status: 410,
    message:
      'This link was used already or has expired. Ask your administrator for access; as long as there is no account at all, a restart of Postern makes a new link.',
  },
  reset_link_not_valid: { status: 410, message: 'This link was used already or has expired. Ask for a new one.' },
  wrong_host: {
    status: 421,
    message:
      'Postern is reached under another address than this one. Use the start page; if that is wrong, check POSTERN_PUBLIC_URL.',
  },
  too_many_attempts: { status: 429, message: 'Too many attempts.' },
  rate_limited: { status: 429, message: 'Too many requests came from your network or account.' },
  internal: { status: 500, message: 'Something went wrong here. Try again; the log has the details.' },
  app_unreachable: { status: 502, message: 'The app behind this page does not answer. Try again in a moment.' },
  store_unavailable: { status: 503, message: 'The database does not answer. Try again in a moment.' },
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof ERRORS

/** What can't be honoured. Its `message` is for people; `detail` is for the log alone and may name internals. */
export class PosternError extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly detail: string
  /** Seconds after which it may be tried again; null where that isn't known. */
  readonly retryAfterS: number | null

  constructor(code: ErrorCode, detail = '', options?: ErrorOptions & { readonly retryAfterS?: number }) {
    super(ERRORS[code].message, options)
    this.name = 'PosternError'
    this.code = code
    this.status = ERRORS[code].status
    this.detail = detail
    this.retryAfterS = options?.retryAfterS ?? null
  }
}

/**
 * A command or a start that can't go on for a reason its operator can mend.
 * @param exitCode 1 refused or failed, 2 wrong use (DESIGN 4.6)
 */
export class OperatorError extends Error {
  readonly exitCode: 1 | 2

  constructor(message: string, exitCode: 1 | 2 = 1, options?: ErrorOptions) {
    super(message, options)
    this.name = 'OperatorError'
    this.exitCode = exitCode
  }
}
