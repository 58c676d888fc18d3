import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ListenAddress } from '../config/values.ts'
import { METHODS } from '../policies/method.ts'
import type { Dialect } from './dialects/dialect.ts'
import { extAuthz } from './dialects/ext-authz.ts'
import { forward } from './dialects/forward.ts'
import { ingressNginx } from './dialects/ingress-nginx.ts'
import { nginx } from './dialects/nginx.ts'
import { ngf } from './dialects/ngf.ts'
import type { Gateway } from './gateway.ts'
import { createServe } from './serve.ts'
import type { Asked } from './serve.ts'

/** `/verify/<dialect>` and `/verify/<dialect>/app/<name>`: for trusted proxies alone, on a listener of their own. */
export function verifyRoutes(app: FastifyInstance, gateway: Gateway, listen: ListenAddress): void {
  takeAnyMethod(app)
  for (const [name, dialect] of Object.entries(DIALECTS)) {
    const url = `/verify/${name}`
    const serve = createServe(gateway, dialect, listen)
    const route = (path: string, ask: (request: FastifyRequest) => Asked): void => {
      app.route({
        method: [...(dialect.methods ?? app.supportedMethods)],
        url: path,
        config: { access: 'trusted_proxy' },
        onRequest: (request, reply) => serve(request, reply, ask(request)),
        handler: () => undefined,
      })
    }
    if (dialect.appInUrl === 'may') route(url, () => ({ appName: null, target: '' }))
    if (dialect.appInUrl === 'and_target') route(`${url}/app/*`, ({ raw }) => splitTarget(raw.url ?? '', `${url}/app/`))
    else route(`${url}/app/:app`, ({ params }) => ({ appName: (params as { app: string }).app, target: '' }))
  }
}

/** By the name in the verify URL. */
export const DIALECTS: Readonly<Record<string, Dialect>> = {
  nginx,
  'ingress-nginx': ingressNginx,
  forward,
  'ext-authz': extAuthz,
  ngf,
}

/** The client's own method may be any of the closed list, and is refused or judged like every other. */
function takeAnyMethod(app: FastifyInstance): void {
  for (const method of METHODS) {
    if (!app.supportedMethods.includes(method) && method !== 'CONNECT') app.addHttpMethod(method, { hasBody: false })
  }
}

/** Cut as text, so that what the visitor wrote stays as he wrote it. */
function splitTarget(url: string, prefix: string): Asked {
  const rest = url.startsWith(prefix) ? url.slice(prefix.length) : ''
  const slash = rest.indexOf('/')
  return slash === -1 ? { appName: '', target: '' } : { appName: rest.slice(0, slash), target: rest.slice(slash) }
}
