import type { FastifyInstance } from 'fastify'
import { consoleRoutes } from './console.ts'
import type { Context } from './context.ts'
import { factorRoutes } from './account/factor-routes.ts'
import { emailRoutes } from './account/email-routes.ts'
import { passwordRoutes } from './account/password-routes.ts'
import { apiTokenRoutes } from './account/api-token-routes.ts'
import { accountRoutes } from './account/routes.ts'
import type { Program } from './observe/program.ts'
import { apiRoutes } from './api/routes.ts'
import type { CallerParts } from './api/caller.ts'
import { recoveryApiRoutes } from './api/recovery-routes.ts'
import { PORTAL_PATH } from './config/settings.ts'
import { createSealing } from './credentials/sealing.ts'
import { jwksRoutes } from './login/jwks-routes.ts'
import { loginApiRoutes } from './login/api-routes.ts'
import { enrolRoutes } from './login/enrol-routes.ts'
import { firstRunRoutes } from './login/first-run-routes.ts'
import { handOverRoutes } from './login/hand-over-routes.ts'
import { forbiddenRoutes, homeRoutes, signOutRoutes } from './login/session-routes.ts'
import { passkeyRoutes } from './login/passkey-routes.ts'
import { secondFactorRoutes } from './login/second-factor-routes.ts'
import { signInRoutes } from './login/sign-in-routes.ts'
import { stepUpRoutes } from './login/step-up-routes.ts'
import { resetRoutes } from './recovery/reset-routes.ts'
import { assets } from './web/assets.ts'
import { encode } from './web/encoded.ts'
import type { Entrance } from './web/entrance.ts'
import { assetHeaders } from './web/security-headers.ts'

/** Who calls the API. */
export function callerParts({ portalParts, apiTokens, config }: Context): CallerParts {
  return { ...portalParts, apiTokens, corsOrigins: config.corsOrigins ?? [] }
}

/** What only the portal's own host answers. */
export function portalRoutes(app: FastifyInstance, context: Context, program: Program): void {
  const { portalParts: portal, keys, policies, newPasswords, apiTokens, recovery } = context
  registerAt(app, 'portal', portal.entrances.portal.paths.base, (routes) => {
    assetRoutes(routes, portal.cookies.secure)
    signInRoutes(routes, portal)
    secondFactorRoutes(routes, portal)
    stepUpRoutes(routes, portal)
    enrolRoutes(routes, portal)
    if (portal.ownFactors.offersPasskeys) passkeyRoutes(routes, portal)
    homeRoutes(routes, portal)
    signOutRoutes(routes, portal)
    forbiddenRoutes(routes, portal)
    firstRunRoutes(routes, portal, recovery)
    loginApiRoutes(routes, portal)
    accountRoutes(routes, portal)
    factorRoutes(routes, portal)
    passwordRoutes(routes, { ...portal, newPasswords })
    apiTokenRoutes(routes, { ...portal, apiTokens, policy: () => policies.current() })
    apiRoutes(routes, {
      ...context,
      ...callerParts(context),
      sealing: createSealing(keys.sealing),
      publicUrl: context.config.publicUrl,
    })
    resetRoutes(routes, recovery)
    emailRoutes(routes, { ...portal, ...recovery })
    recoveryApiRoutes(routes, { ...portal, ...recovery })
    consoleRoutes(routes, context, program)
    jwksRoutes(routes, keys.assertion)
  })
}

/** What every app's host answers besides the app: the little of ours that a browser needs there. */
export function appHostRoutes(app: FastifyInstance, { portalParts: portal }: Context): void {
  registerAt(app, 'app', PORTAL_PATH, (routes) => {
    assetRoutes(routes, portal.cookies.secure)
    handOverRoutes(routes, portal)
    signOutRoutes(routes, portal)
    forbiddenRoutes(routes, portal)
  })
}

/** The portal's assets also where no host of ours was meant: the page that says so looks like ours. */
export function assetsAnywhere(app: FastifyInstance, { portalParts: { entrances, cookies } }: Context): void {
  registerAt(app, 'none', entrances.portal.paths.base, (routes) => assetRoutes(routes, cookies.secure))
}

function registerAt(
  app: FastifyInstance,
  entrance: Entrance['kind'] | 'none',
  prefix: string,
  add: (routes: FastifyInstance) => void,
): void {
  app.register(
    async (routes) => {
      routes.addHook('onRoute', (route) => void (route.constraints = { entrance }))
      add(routes)
    },
    { prefix },
  )
}

function assetRoutes(app: FastifyInstance, secure: boolean): void {
  for (const { name, contentType, body } of assets()) {
    const encoded = encode(body)
    app.get(`/assets/${name}`, { config: { access: 'anyone' } }, async (request, reply) => {
      const { encoding, body: bytes } = encoded.choose(request.headers['accept-encoding'])
      if (encoding !== null) reply.header('content-encoding', encoding)
      return reply.headers(assetHeaders(secure)).type(contentType).send(bytes)
    })
  }
}
