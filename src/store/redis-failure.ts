const NOT_BELIEVED =
  'its certificate is from no authority that is known here; name the right one by POSTERN_REDIS_CA_FILE'
const WANTS_OURS =
  'it does not take our certificate; set POSTERN_REDIS_CERTIFICATE_FILE and POSTERN_REDIS_KEY_FILE as its authority made them'

/** What to do, by the code of an error; of others the client's own words must do. */
const ADVICE: Readonly<Record<string, string>> = {
  SELF_SIGNED_CERT_IN_CHAIN: NOT_BELIEVED,
  DEPTH_ZERO_SELF_SIGNED_CERT: NOT_BELIEVED,
  UNABLE_TO_GET_ISSUER_CERT: NOT_BELIEVED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: NOT_BELIEVED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: NOT_BELIEVED,
  CERT_SIGNATURE_FAILURE: NOT_BELIEVED,
  CERT_HAS_EXPIRED: 'its certificate has ended; renew it',
  CERT_NOT_YET_VALID: 'its certificate does not count yet; set the clocks',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'its certificate is for another name; connect by a name that stands in it, which sentinels and clusters must tell too',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: WANTS_OURS,
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: WANTS_OURS,
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: WANTS_OURS,
}

/** What the client says while it has no connection; why it has none was said before. */
const UNCONNECTED = [
  'Reached the max retries',
  "Stream isn't writeable",
  'Connection is closed',
  "Cluster isn't ready",
  'None of startup nodes',
]
/** The client keeps to itself why. */
const CHECK = 'check hosts and ports, the password and, with rediss, certificates and the names in them'
/** What the first question to a cluster fails with where no node could be asked. */
const NO_NODE = 'Failed to refresh slots cache.'
const SENTINELS = /^All sentinels are unreachable.*?(?: Last error: (.*))?$/

/**
 * Why a command or a connection failed, for operators and without secrets: what stands in an error beside its message
 * are a command's arguments, such as a password.
 * @param before why the one before it failed
 */
export function reasonOf(error: unknown, before: string | null): string {
  if (!(error instanceof Error)) return 'unknown'
  const [matched, last] = SENTINELS.exec(error.message) ?? []
  if (matched !== undefined) return `no sentinel tells of a master; ${isTelling(last) ? last : CHECK}`
  if (error.message === NO_NODE) return `no node of the cluster tells of the others; ${CHECK}`
  if (UNCONNECTED.some((words) => error.message.startsWith(words))) return before ?? 'the connection was lost'
  const advice = 'code' in error ? ADVICE[String(error.code)] : undefined
  return advice === undefined ? error.message : `${advice} (${error.message})`
}

/** Whether it says more than that there was no connection. */
function isTelling(words: string | undefined): boolean {
  return words !== undefined && !UNCONNECTED.some((each) => words.startsWith(each))
}

/** Whether it answered, though with a refusal. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError'
}
