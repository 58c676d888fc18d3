import type { FastifyInstance, FastifyReply } from 'fastify'
import { recordEvent } from '../audit/events.ts'
import type { Principal } from '../lib/principal.ts'
import type { CompiledPolicy } from '../policies/compile.ts'
import { ownEmail } from '../recovery/email-change.ts'
import type { ChangeFeed } from '../store/change-feed.ts'
import type { Database } from '../store/database.ts'
import { heldRoles } from '../users/held-roles.ts'
import { profileFaults } from '../users/profile.ts'
import { editUser, getUser } from '../users/users.ts'
import { bodySchema, textField } from '../web/body.ts'
import { formToken, sendHtml } from '../web/pages.ts'
import type { PageParts } from '../web/pages.ts'
import { openShell } from './account-page.ts'
import { profilePage } from './profile-page.ts'
import type { ProfilePage, ProfileRole } from './profile-page.ts'
import { ownForm, signedInVisitor } from './visitor.ts'
import type { AccountVisitor } from './visitor.ts'

export interface ProfileParts extends PageParts {
  readonly database: Database
  readonly feed: Pick<ChangeFeed, 'commit'>
  readonly policy: () => Pick<CompiledPolicy, 'roles'>
}

const ACCESS = { config: { access: 'signed_in' } } as const
const FORM = bodySchema({ csrf: textField(256), name: textField(4_096) })
const PURPOSE = 'profile'

interface Query {
  Querystring: Record<string, string>
}

/** `/account`: who one is here. Of that one may change one's name; the rest has pages of its own, or an administrator. */
export function profileRoutes(app: FastifyInstance, parts: ProfileParts): void {
  const path = `${parts.entrances.portal.paths.base}/account`
  const show = async (
    reply: FastifyReply,
    { principal, token }: AccountVisitor,
    shown: Pick<ProfilePage, 'refusedName' | 'isSaved'>,
  ): Promise<FastifyReply> => {
    const { database } = parts
    const { login, userId } = principal
    const { name, email } = await getUser(database, login)
    const model = {
      shell: openShell(parts, reply.request, principal),
      action: path,
      csrf: formToken(parts, PURPOSE, token),
      login,
      name,
      email,
      isEmailVerified: (await ownEmail(database, userId)).isVerified,
      roles: await rolesOf(parts, principal),
      ...shown,
    }
    return sendHtml(reply, shown.refusedName === null ? 200 : 400, profilePage(model))
  }

  app.get<Query>('/account', ACCESS, async (request, reply) => {
    const isSaved = request.query['done'] === 'name'
    return show(reply, await signedInVisitor(parts, request), { refusedName: null, isSaved })
  })

  app.post('/account', ACCESS, async (request, reply) => {
    const { visitor, fields } = await ownForm(parts, request, { purpose: PURPOSE, schema: FORM })
    const name = fields.name.trim()
    if ('name' in profileFaults({ name })) return show(reply, visitor, { refusedName: fields.name, isSaved: false })
    await rename(parts, visitor.principal, name)
    return reply.redirect(`${path}?done=name`, 303)
  })
}

function rename({ database, feed }: ProfileParts, { userId, login, signInId }: Principal, name: string): Promise<void> {
  return feed.commit(database, async (tx) => {
    await editUser(tx, login, { name })
    const about = { actor: { userId, login }, signInId, resource: `user:${login}`, details: { fields: ['name'] } }
    await recordEvent(tx, { type: 'user_changed', result: 'success', ...about })
  })
}

async function rolesOf({ database, policy }: ProfileParts, { userId }: Principal): Promise<ProfileRole[]> {
  const { roles } = policy()
  const held = await heldRoles(database, userId)
  return held.map(({ name, endsAt }) => ({ name, endsAt, permissions: roles.get(name) ?? [] }))
}
