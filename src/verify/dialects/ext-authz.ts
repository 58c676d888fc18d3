import { clientAddress } from '../../lib/address.ts'
import { ASSERTION_HEADER, IDENTITY_HEADERS } from '../../policies/header-rules.ts'
import { allowed } from '../answer.ts'
import type { Answer } from '../answer.ts'
import type { AnswerParts, Dialect } from './dialect.ts'
import { readOriginal } from './read-original.ts'
import { writeForWeb } from './web-answer.ts'

/** Headers that tell of a visitor or of us, in every app. */
const OURS = [...IDENTITY_HEADERS, ASSERTION_HEADER, 'X-Postern-Decision', 'X-Postern-Location', 'X-Postern-Secret']

/**
 * Envoy's HTTP ext_authz and what is built on it: the original request line itself, its target after our prefix. The
 * app stands in the prefix, always: without it a visitor could write one into the path.
 */
export const extAuthz: Dialect = {
  name: 'ext-authz',
  wanted: ['host', 'x-forwarded-proto', 'x-forwarded-for'],
  methods: null,
  appInUrl: 'and_target',
  read(request, headers, trusted) {
    const [host = '', scheme = '', forwardedFor = ''] = headers.values
    const { method, target } = request
    const address = clientAddress({ peer: request.peer, forwardedFor: [forwardedFor], trusted })
    return readOriginal({ method, scheme, host, target, clientAddress: address }, request, headers)
  },
  write: (decision, parts) =>
    decision.kind === 'allow' ? allowWithout(decision, parts) : writeForWeb(decision, parts),
}

/** Envoy sets what we send and then removes what we name; what we didn't send would reach the app as the client's. */
function allowWithout(decision: Parameters<typeof allowed>[0], { identity }: AnswerParts): Answer {
  const told = new Set(identity.filter((_, place) => place % 2 === 0 && identity[place + 1] !== ''))
  const names = identity.filter((_, place) => place % 2 === 0)
  const untold = [...new Set([...names, ...OURS])].filter((name) => !told.has(name))
  return allowed(decision, [...identity, 'x-envoy-auth-headers-to-remove', untold.join(',')])
}
