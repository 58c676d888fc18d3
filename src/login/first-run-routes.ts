import type { FastifyInstance, FastifyReply } from 'fastify'
import { passwordFault } from '../credentials/password-rules.ts'
import { PosternError } from '../errors.ts'
import type { KeyRing } from '../lib/key-ring.ts'
import { profileFaults } from '../users/profile.ts'
import { UserFieldsError } from '../users/users.ts'
import { bodySchema, parseBody, textField } from '../web/body.ts'
import { formOf, formToken, isOwnForm, refuseCrossSite, sendHtml } from '../web/pages.ts'
import { completeFirstRun, isFirstRunToken } from './first-run.ts'
import { firstRunPage } from './first-run-page.ts'
import type { FirstRunFaults, FirstRunValues } from './first-run-page.ts'
import { keepOutcome } from './onward.ts'
import { visitOf } from './portal.ts'
import type { PortalParts } from './portal.ts'
import { signIn } from './sign-in.ts'

const MAX_FIELD = 4_096
const FORM = bodySchema({
  username: textField(MAX_FIELD),
  email: textField(MAX_FIELD),
  name: textField(MAX_FIELD),
  password: textField(MAX_FIELD),
  token: textField(256),
  csrf: textField(256),
})
const PURPOSE = 'first-run'
const NOTHING_ENTERED: FirstRunValues = { username: '', email: '', name: '' }

/** The page behind the first-run link: whoever has it makes the first administrator, once. */
export function firstRunRoutes(app: FastifyInstance, parts: PortalParts, keys: KeyRing): void {
  const show = (reply: FastifyReply, token: string, values: FirstRunValues, faults: FirstRunFaults): FastifyReply => {
    const { base, assets: assetBase } = parts.entrances.portal.paths
    const csrf = formToken(parts, PURPOSE, token)
    const { passwordMinLength: minPasswordLength } = parts
    const model = { assetBase, action: `${base}/invite`, csrf, token, values, faults, minPasswordLength }
    return sendHtml(reply, Object.keys(faults).length === 0 ? 200 : 400, firstRunPage(model))
  }

  app.get<{ Params: { token: string } }>('/invite/:token', { config: { access: 'anyone' } }, async (request, reply) => {
    const { token } = request.params
    if (!(await isFirstRunToken(parts.database, keys, token))) throw new PosternError('link_not_valid')
    return show(reply, token, NOTHING_ENTERED, {})
  })

  app.post('/invite', { config: { access: 'anyone' } }, async (request, reply) => {
    refuseCrossSite(parts, request)
    const parsed = parseBody(FORM, formOf(request))
    if (parsed.kind === 'invalid') throw new PosternError('bad_request', `field ${parsed.field}`)
    const { token, csrf, password, ...values } = parsed.value
    if (!isOwnForm(parts, PURPOSE, token, csrf) || !(await isFirstRunToken(parts.database, keys, token)))
      throw new PosternError('link_not_valid')
    const faults = firstRunFaults(values, password, parts.passwordMinLength)
    if (Object.keys(faults).length > 0) return show(reply, token, values, faults)
    try {
      await makeAdministrator(parts, token, values, password)
    } catch (error) {
      if (error instanceof UserFieldsError) return show(reply, token, values, renamed(error.fields))
      throw error
    }
    const visit = { ...(await visitOf(parts, request)), previous: null }
    const outcome = await signIn(parts, { username: values.username, password, remember: false, ...visit })
    if (outcome.kind === 'signed_in') keepOutcome(parts, reply, outcome)
    return reply.redirect(`${parts.entrances.portal.paths.base}/start`, 303)
  })
}

async function makeAdministrator(
  parts: PortalParts,
  token: string,
  values: FirstRunValues,
  password: string,
): Promise<void> {
  const stored = await parts.passwords.hash(password)
  const { username: login, email, name } = values
  const made = await completeFirstRun(parts.database, token, { login, email, name, password: stored })
  if (!made) throw new PosternError('link_not_valid')
  await parts.onFirstRunDone()
}

function firstRunFaults(values: FirstRunValues, password: string, minLength: number): FirstRunFaults {
  const { username: login, email, name } = values
  const fault = passwordFault(password, minLength)
  const profile = { login: login.trim().toLowerCase(), email: email.trim().toLowerCase(), name: name.trim() }
  return { ...renamed(profileFaults(profile)), ...(fault !== null && { password: fault }) }
}

/** The form calls the login `username`, as browsers' password managers do. */
function renamed({ login, ...others }: Readonly<Record<string, string>>): FirstRunFaults {
  return { ...others, ...(login !== undefined && { username: login }) }
}
