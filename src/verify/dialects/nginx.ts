import { readAddress } from '../../lib/address.ts'
import { readHost } from '../../lib/host.ts'
import type { OriginalRequest } from '../../lib/original-request.ts'
import { readTarget } from '../../lib/target.ts'
import { readMethod } from '../../policies/method.ts'
import type { Decision, RefuseReason } from '../../policies/decision.ts'
import { allowed, denied, deniedAsJson } from '../answer.ts'
import type { Answer } from '../answer.ts'
import { isNavigation } from '../navigation.ts'
import type { WireHeaders, WireRequest } from '../wire.ts'
import type { AnswerParts, Dialect } from './dialect.ts'

/** nginx `auth_request`: takes 2xx, 401 and 403 as they are and turns every other status into a 500. */
export const nginx: Dialect = {
  wanted: ['x-original-method', 'x-original-proto', 'x-original-host', 'x-original-uri', 'x-real-ip'],
  read,
  write,
}

function read(request: WireRequest, headers: WireHeaders): OriginalRequest | RefuseReason {
  const [methodText = '', scheme = '', hostText = '', targetText = '', addressText = ''] = headers.values
  const method = readMethod(methodText)
  if (method === null) return 'bad_method'
  if (scheme !== 'http' && scheme !== 'https') return 'bad_scheme'
  const host = readHost(hostText)
  if (host === null) return 'bad_host'
  const target = readTarget(targetText)
  if (typeof target === 'string') return target
  const clientAddress = readAddress(addressText)
  if (clientAddress === null) return 'bad_client_address'
  const navigation = isNavigation(method, request.rawHeaders)
  return { method, scheme, host, target, clientAddress, navigation, appName: request.appName, aliases: headers.aliases }
}

function write(decision: Decision, { identity, startUrl, navigation, decisionId }: AnswerParts): Answer {
  switch (decision.kind) {
    case 'allow':
      return allowed(decision, identity)
    case 'sign_in':
      if (navigation) return denied(401, ['X-Postern-Location', startUrl])
      return deniedAsJson(401, 'not_signed_in', { login_url: startUrl })
    case 'forbid':
    case 'refuse':
      return denied(403, ['X-Postern-Decision', decisionId])
    case 'fault':
      return denied(500, ['X-Postern-Decision', decisionId])
  }
}
