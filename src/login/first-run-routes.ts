import type { FastifyInstance, FastifyReply } from 'fastify'
import { PosternError } from '../errors.ts'
import type { KeyRing } from '../lib/key-ring.ts'
import { profileFaults } from '../users/profile.ts'
import { UserFieldsError } from '../users/users.ts'
import { acceptInvitation, findInvitation } from '../recovery/invitations.ts'
import type { RecoveryParts } from '../recovery/parts.ts'
import { bodySchema, optionalTextField, parseBody, textField } from '../web/body.ts'
import { clientOf } from '../web/client.ts'
import { hideAddress, refuseCrossSiteLink } from '../web/link-page.ts'
import { formOf, formToken, frameOf, isOwnForm, sendHtml } from '../web/pages.ts'
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
  /** Only asked of the first administrator. */
  email: optionalTextField(MAX_FIELD),
  name: textField(MAX_FIELD),
  password: textField(MAX_FIELD),
  token: textField(256),
  csrf: textField(256),
})
const PURPOSE = 'first-run'
const NOTHING_ENTERED: FirstRunValues = { username: '', email: '', name: '' }

/** What a link is for: the first administrator, or somebody who was invited by an address. */
type Invite = { readonly kind: 'first_run' } | { readonly kind: 'invitation'; readonly email: string }

/** What accepting needs besides. */
type InviteParts = Pick<RecoveryParts, 'keys' | 'newPasswordFault'>

/** The page behind the first-run link and behind invitations: whoever has one makes an account with it, once. */
export function firstRunRoutes(app: FastifyInstance, parts: PortalParts, own: InviteParts): void {
  const { keys } = own
  const show = (
    reply: FastifyReply,
    { token, invite }: { token: string; invite: Invite },
    values: FirstRunValues,
    faults: FirstRunFaults,
  ): FastifyReply => {
    const { base } = parts.entrances.portal.paths
    const csrf = formToken(parts, PURPOSE, token)
    const { passwordMinLength: minPasswordLength } = parts
    const invitedEmail = invite.kind === 'invitation' ? invite.email : null
    const model = {
      frame: frameOf(parts, reply.request),
      action: `${base}/invite`,
      csrf,
      token,
      values,
      faults,
      minPasswordLength,
      invitedEmail,
    }
    return sendHtml(reply, Object.keys(faults).length === 0 ? 200 : 400, firstRunPage(model))
  }

  app.get<{ Params: { token: string } }>('/invite/:token', { config: { access: 'anyone' } }, async (request, reply) => {
    hideAddress(reply)
    const { token } = request.params
    return show(reply, { token, invite: await getInvite(parts, keys, token) }, NOTHING_ENTERED, {})
  })

  app.post('/invite', { config: { access: 'anyone' } }, async (request, reply) => {
    hideAddress(reply)
    refuseCrossSiteLink(parts, request)
    const parsed = parseBody(FORM, formOf(request))
    if (parsed.kind === 'invalid') throw new PosternError('bad_request', `field ${parsed.field}`)
    const { token, csrf, password, email, ...others } = parsed.value
    if (!isOwnForm(parts, PURPOSE, token, csrf)) throw new PosternError('link_not_valid')
    const invite = await getInvite(parts, keys, token)
    // The address of an invitation is not for whoever accepts it to choose.
    if ((email === undefined) !== (invite.kind === 'invitation')) throw new PosternError('bad_request', 'field email')
    const values = { ...others, email: invite.kind === 'invitation' ? invite.email : (email ?? '') }
    const again = (faults: FirstRunFaults): FastifyReply => show(reply, { token, invite }, values, faults)
    const faults = await firstRunFaults(own, values, password)
    if (Object.keys(faults).length > 0) return again(faults)
    try {
      await makeAccount(parts, { token, invite }, values, { password, client: clientOf(parts, request) })
    } catch (error) {
      if (error instanceof UserFieldsError) return again(renamed(error.fields))
      throw error
    }
    const visit = { ...(await visitOf(parts, request)), previous: null }
    const outcome = await signIn(parts, { username: values.username, password, remember: false, ...visit })
    if (outcome.kind === 'signed_in') keepOutcome(parts, reply, outcome)
    return reply.redirect(`${parts.entrances.portal.paths.base}/start`, 303)
  })
}

/** @throws PosternError `link_not_valid` for what can't be accepted */
async function getInvite({ database }: PortalParts, keys: KeyRing, token: string): Promise<Invite> {
  if (await isFirstRunToken(database, keys, token)) return { kind: 'first_run' }
  const invitation = await findInvitation(database, keys, token)
  if (invitation === null) throw new PosternError('link_not_valid')
  return { kind: 'invitation', email: invitation.email }
}

async function makeAccount(
  parts: PortalParts,
  { token, invite }: { token: string; invite: Invite },
  { username: login, email, name }: FirstRunValues,
  { password, client }: { password: string; client: { address: string; userAgent: string } },
): Promise<void> {
  const { database, passwords } = parts
  const person = { login, name, password: await passwords.hash(password) }
  const made =
    invite.kind === 'first_run'
      ? await completeFirstRun(database, token, { ...person, email })
      : await database.transaction((tx) => acceptInvitation(tx, token, person, client))
  if (!made) throw new PosternError('link_not_valid')
  if (invite.kind === 'first_run') await parts.onFirstRunDone()
}

async function firstRunFaults(
  { newPasswordFault }: InviteParts,
  values: FirstRunValues,
  password: string,
): Promise<FirstRunFaults> {
  const { username: login, email, name } = values
  const profile = { login: login.trim().toLowerCase(), email: email.trim().toLowerCase(), name: name.trim() }
  const fault = await newPasswordFault(password, { userId: null, login: profile.login, email: profile.email })
  return { ...renamed(profileFaults(profile)), ...(fault !== null && { password: fault }) }
}

/** The form calls the login `username`, as browsers' password managers do. */
function renamed({ login, ...others }: Readonly<Record<string, string>>): FirstRunFaults {
  return { ...others, ...(login !== undefined && { username: login }) }
}
