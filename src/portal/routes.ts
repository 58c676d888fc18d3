import type { FastifyInstance } from 'fastify'
import { activityRoutes } from '../account/activity-routes.ts'
import { apiTokenRoutes } from '../account/api-token-routes.ts'
import { emailRoutes } from '../account/email-routes.ts'
import { factorRoutes } from '../account/factor-routes.ts'
import { languageRoutes } from '../account/language-routes.ts'
import { launcherRoutes } from '../account/launcher-routes.ts'
import { passwordRoutes } from '../account/password-routes.ts'
import { profileRoutes } from '../account/profile-routes.ts'
import { accountRoutes } from '../account/routes.ts'
import type { CallerParts } from '../api/caller.ts'
import { apiRoutes } from '../api/routes.ts'
import { PORTAL_PATH } from '../config/settings.ts'
import { createSealing } from '../credentials/sealing.ts'
import { loginApiRoutes } from '../login/api-routes.ts'
import { enrolRoutes } from '../login/enrol-routes.ts'
import { firstRunRoutes } from '../login/first-run-routes.ts'
import { handOverRoutes } from '../login/hand-over-routes.ts'
import { jwksRoutes } from '../login/jwks-routes.ts'
import { passkeyRoutes } from '../login/passkey-routes.ts'
import { secondFactorRoutes } from '../login/second-factor-routes.ts'
import { forbiddenRoutes, signOutRoutes } from '../login/session-routes.ts'
import { signInRoutes } from '../login/sign-in-routes.ts'
import { stepUpRoutes } from '../login/step-up-routes.ts'
import type { Program } from '../observe/program.ts'
import type { Context } from '../parts/context.ts'
import { resetRoutes } from '../recovery/reset-routes.ts'
import { assets } from '../web/assets.ts'
import { encode } from '../web/encoded.ts'
import type { Entrance } from '../web/entrance.ts'
import { assetHeaders } from '../web/security-headers.ts'
import { consoleRoutes } from './console.ts'

/** Who calls the API. */
export function callerParts({ portalParts, apiTokens, config }: Context): CallerParts {
  return { ...portalParts, apiTokens, corsOrigins: config.corsOrigins ?? [] }
}

/** What only the portal's own host answers. */
export function portalRoutes(app: FastifyInstance, context: Context, program: Program): void {
  const { portalParts: portal, keys, policies, newPasswords, apiTokens, recovery } = context
  const own = { ...portal, policy: () => policies.current() }
  registerAt(app, 'portal', portal.entrances.portal.paths.base, (routes) => {
    assetRoutes(routes, portal)
    signInRoutes(routes, portal)
    secondFactorRoutes(routes, portal)
    stepUpRoutes(routes, portal)
    enrolRoutes(routes, portal)
    if (portal.ownFactors.offersPasskeys) passkeyRoutes(routes, portal)
    launcherRoutes(routes, own)
    signOutRoutes(routes, portal)
    forbiddenRoutes(routes, own)
    firstRunRoutes(routes, portal, recovery)
    loginApiRoutes(routes, portal)
    profileRoutes(routes, own)
    accountRoutes(routes, own)
    activityRoutes(routes, own)
    languageRoutes(routes, own)
    factorRoutes(routes, own)
    passwordRoutes(routes, { ...own, newPasswords })
    apiTokenRoutes(routes, { ...portal, apiTokens, policy: () => policies.current() })
    apiRoutes(routes, {
      ...callerParts(context),
      ...context,
      sealing: createSealing(keys.sealing),
      program,
      publicUrl: context.config.publicUrl,
    })
    resetRoutes(routes, recovery)
    emailRoutes(routes, { ...own, ...recovery })
    consoleRoutes(routes, context, program, callerParts(context))
    jwksRoutes(routes, keys.assertion)
  })
}

/** What every app's host answers besides the app: the little of ours that a browser needs there. */
export function appHostRoutes(app: FastifyInstance, { portalParts: portal, policies }: Context): void {
  registerAt(app, 'app', PORTAL_PATH, (routes) => {
    assetRoutes(routes, portal)
    handOverRoutes(routes, portal)
    signOutRoutes(routes, portal)
    forbiddenRoutes(routes, { ...portal, policy: () => policies.current() })
  })
}

/** The portal's assets also where no host of ours was meant: the page that says so looks like ours. */
export function assetsAnywhere(app: FastifyInstance, { portalParts }: Context): void {
  registerAt(app, 'none', portalParts.entrances.portal.paths.base, (routes) => assetRoutes(routes, portalParts))
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

function assetRoutes(
  app: FastifyInstance,
  { cookies: { secure }, look }: Pick<Context['portalParts'], 'cookies' | 'look'>,
): void {
  const own = [look.logo, look.style].filter((asset) => asset !== null)
  for (const { name, contentType, body } of [...assets(), ...own]) {
    const encoded = encode(body)
    app.get(`/assets/${name}`, { config: { access: 'anyone' } }, async (request, reply) => {
      const { encoding, body: bytes } = encoded.choose(request.headers['accept-encoding'])
      if (encoding !== null) reply.header('content-encoding', encoding)
      return reply.headers(assetHeaders(secure, contentType)).type(contentType).send(bytes)
    })
  }
}
