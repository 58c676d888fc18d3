import type { FastifyInstance } from 'fastify'
import { publicJwk } from '../lib/jwt.ts'
import type { PublicJwk } from '../lib/jwt.ts'
import type { Key, KeyRing } from '../lib/key-ring.ts'

/** Below the public URL; the issuer of assertions followed by this path is where their keys are. */
const PATH = '/.well-known/jwks.json'
/** Long enough for apps that ask at every request; an app that meets an unknown key asks anew. */
const CACHED_S = 300

/** The public keys by which apps check what `X-Postern-Assertion` says (RFC 7517): those to come and retired ones too. */
export function jwksRoutes(app: FastifyInstance, keys: KeyRing): void {
  const known = new WeakMap<Key, PublicJwk>()
  const publicOf = (key: Key): PublicJwk => {
    const jwk = known.get(key) ?? publicJwk(key.bytes)
    known.set(key, jwk)
    return jwk
  }
  app.get(PATH, { config: { access: 'anyone' } }, async (_request, reply) =>
    reply
      .header('cache-control', `public, max-age=${CACHED_S}`)
      .type('application/jwk-set+json')
      .send(JSON.stringify({ keys: [...keys.byId.values()].map(publicOf) })),
  )
}
