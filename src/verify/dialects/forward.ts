import { clientAddress } from '../../lib/address.ts'
import type { Dialect } from './dialect.ts'
import { readOriginal } from './read-original.ts'
import { writeForWeb } from './web-answer.ts'

/** Traefik may name a WebSocket's scheme by its own name. */
const WEB_SCHEMES: ReadonlyMap<string, string> = new Map([
  ['ws', 'http'],
  ['wss', 'https'],
])

/** What Traefik and Caddy make anew for each request, and HAProxy, APISIX and Apache are told to. */
export const forward: Dialect = {
  name: 'forward',
  wanted: ['x-forwarded-method', 'x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-uri', 'x-forwarded-for'],
  methods: null,
  appInUrl: 'may',
  read(request, headers, trusted) {
    const [method = '', named = '', host = '', target = '', forwardedFor = ''] = headers.values
    const scheme = WEB_SCHEMES.get(named) ?? named
    const address = clientAddress({ peer: request.peer, forwardedFor: [forwardedFor], trusted })
    return readOriginal({ method, scheme, host, target, clientAddress: address }, request, headers)
  },
  write: writeForWeb,
}
