import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ListenAddress } from '../config/values.ts'
import { clientAddress } from '../lib/address.ts'
import { denied } from './answer.ts'
import type { Dialect } from './dialects/dialect.ts'
import { extAuthz } from './dialects/ext-authz.ts'
import { forward } from './dialects/forward.ts'
import { ingressNginx } from './dialects/ingress-nginx.ts'
import { readOriginal } from './dialects/read-original.ts'
import type { Gateway } from './gateway.ts'
import { createServe } from './serve.ts'
import type { Asked } from './serve.ts'

/** What the aliases need besides the gateway. */
export interface AutheliaParts {
  readonly gateway: Gateway
  readonly listen: ListenAddress
  /** Where a sign-in begins, given where it would begin on the app's own host. */
  readonly signInUrl: (startUrl: string) => string
}

/**
 * The addresses under which Authelia is asked, for proxies that were set up for it; to be added after our own routes.
 * No app stands in them, so the host alone tells it (DESIGN 4.2 says what that risks).
 */
export function autheliaRoutes(app: FastifyInstance, { gateway, listen, signInUrl }: AutheliaParts): void {
  const route = (url: string, dialect: Dialect, ask: (request: FastifyRequest) => Asked): void => {
    const serve = createServe(gateway, withSignInAt(dialect, signInUrl), listen)
    app.route({
      method: [...(dialect.methods ?? app.supportedMethods)],
      url,
      config: { access: 'trusted_proxy' },
      onRequest: (request, reply) => serve(request, reply, ask(request)),
      handler: () => undefined,
    })
  }
  route('/api/authz/auth-request', authRequest, () => NOTHING)
  route('/api/authz/forward-auth', forward, () => NOTHING)
  route(`${EXT_AUTHZ}*`, plainExtAuthz, ({ raw }) => ({ ...NOTHING, target: (raw.url ?? '').slice(EXT_AUTHZ.length) }))
}

const NOTHING: Asked = { appName: null, target: '' }

/** Ends with a slash, as Authelia's documentation writes it, so that what follows is the whole original target. */
const EXT_AUTHZ = '/api/authz/ext-authz/'

/** nginx as set up for Authelia: it names the client in another header than ingress-nginx, and redirects every 401. */
const authRequest: Dialect = {
  name: 'authelia-nginx',
  wanted: ['x-original-method', 'x-original-url', 'x-forwarded-for'],
  methods: ingressNginx.methods,
  appInUrl: 'may',
  read(request, headers, trusted) {
    const [method = '', url = '', forwardedFor = ''] = headers.values
    const address = clientAddress({ peer: request.peer, forwardedFor: [forwardedFor], trusted }) ?? ''
    return ingressNginx.read(request, { ...headers, values: [method, url, address] }, trusted)
  },
  write(decision, parts) {
    if (decision.kind !== 'sign_in') return ingressNginx.write(decision, parts)
    // A program is told as well: `error_page 401 =302` without an address is a redirect to the same page.
    return denied(401, ['Location', parts.startUrl])
  },
}

/** Envoy as set up for Authelia, which tells nothing of the client; an app with rules for networks is refused. */
const plainExtAuthz: Dialect = {
  name: 'authelia-ext-authz',
  wanted: ['host', 'x-forwarded-proto'],
  methods: extAuthz.methods,
  appInUrl: 'may',
  read(request, headers) {
    const [host = '', scheme = ''] = headers.values
    const { method, target } = request
    return readOriginal({ method, scheme, host, target, clientAddress: '' }, request, headers)
  },
  write: (decision, parts) => extAuthz.write(decision, parts),
}

function withSignInAt(dialect: Dialect, signInUrl: AutheliaParts['signInUrl']): Dialect {
  return {
    ...dialect,
    write(decision, parts) {
      const isSignIn = decision.kind === 'sign_in'
      return dialect.write(decision, isSignIn ? { ...parts, startUrl: signInUrl(parts.startUrl) } : parts)
    },
  }
}
