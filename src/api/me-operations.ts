import { z } from 'zod'
import type { AdministrationParts } from '../administration/parts.ts'
import { recordEvent } from '../audit/events.ts'
import { readQuestion } from '../audit/search-filter.ts'
import { isCursor, searchEvents } from '../audit/search.ts'
import { PosternError } from '../errors.ts'
import { OWN_PERMISSIONS } from '../lib/permissions.ts'
import type { OwnPermission } from '../lib/permissions.ts'
import type { Principal } from '../lib/principal.ts'
import { holdsPermission } from '../policies/holds.ts'
import { operation, PAGE } from './operation.ts'
import type { Operation } from './operation.ts'
import { describeSession, SESSION } from './session-operations.ts'
import { ID, MAYBE_TEXT, NOTHING, TEXT, TEXTS, TIME } from './shapes.ts'

const ME = z.strictObject({
  id: TEXT,
  login: TEXT,
  email: TEXT,
  name: TEXT,
  roles: TEXTS,
  permissions: TEXTS.describe('What of Postern itself the caller may do, by a token as far as its scope goes.'),
  expires_at: TIME.describe('When the sign-in or token ends.'),
})
const ACTIVITY = z.strictObject({
  occurred_at: TEXT,
  event_type: TEXT,
  result: TEXT,
  address: MAYBE_TEXT,
  user_agent: MAYBE_TEXT,
})
const ALL = Object.keys(OWN_PERMISSIONS) as OwnPermission[]
const ACTIVITY_SINCE = '90d'
const MAX_SESSIONS = 1_000

const MINE = { tag: 'me', access: 'signed_in' } as const

/** What somebody asks about himself. */
export function myOperations(parts: AdministrationParts): readonly Operation[] {
  const { sessions } = parts
  return [
    operation({
      ...MINE,
      name: 'getMe',
      method: 'GET',
      path: '/me',
      summary: 'Tells who the caller is, and what he may do',
      data: ME,
      run: async ({ caller: { principal } }) => ({ data: describe(parts, principal) }),
    }),
    operation({
      ...MINE,
      name: 'listMySessions',
      method: 'GET',
      path: '/me/sessions',
      summary: 'Lists one’s own sign-ins, the latest use first',
      refusesTokens: true,
      data: z.array(SESSION.extend({ is_this: z.boolean() })),
      async run({ caller: { principal } }) {
        const rows = await sessions.list(principal.login, MAX_SESSIONS)
        return { data: rows.map((row) => ({ ...describeSession(row), is_this: row.id === principal.signInId })) }
      },
    }),
    operation({
      ...MINE,
      name: 'endMySession',
      method: 'DELETE',
      path: '/me/sessions/{id}',
      summary: 'Ends one of one’s own sign-ins',
      refusesTokens: true,
      params: { id: ID },
      data: NOTHING,
      errors: ['nothing_there'],
      async run({ params: { id }, caller: { principal } }) {
        await endOwn(parts, principal, id)
        return { data: undefined }
      },
    }),
    ...activityOperations(parts),
  ]
}

function activityOperations({ database }: AdministrationParts): readonly Operation[] {
  return [
    operation({
      ...MINE,
      name: 'listMyActivity',
      method: 'GET',
      path: '/me/activity',
      summary: 'Lists what one did in the last 90 days, the latest first',
      refusesTokens: true,
      query: { ...PAGE, after: z.string().max(512).refine(isCursor).optional().describe('`next` of the page before.') },
      data: z.array(ACTIVITY),
      async run({ query: { limit, after = null }, caller: { principal } }) {
        const filter = readQuestion({ actor: principal.userId, since: ACTIVITY_SINCE }, Date.now())
        if (typeof filter === 'string') throw new Error(filter)
        const { events, next } = await searchEvents(database, filter, { order: 'newest', limit, cursor: after })
        return {
          data: events.map(({ occurred_at, event_type, result, ip_address: address, user_agent }) => {
            return { occurred_at, event_type, result, address, user_agent }
          }),
          next,
        }
      },
    }),
  ]
}

function describe({ policies }: AdministrationParts, principal: Principal): z.input<typeof ME> {
  const { userId: id, login, email, name, roles, absoluteExpiresAt } = principal
  const policy = policies.current()
  const permissions = ALL.filter((permission) => holdsPermission(policy, principal, permission))
  return {
    id,
    login,
    email,
    name,
    roles: [...roles],
    permissions,
    expires_at: new Date(absoluteExpiresAt).toISOString(),
  }
}

/** @throws PosternError `nothing_there` for somebody else's as well */
async function endOwn({ sessions }: AdministrationParts, { userId, login, signInId }: Principal, id: string) {
  const gone = new PosternError('nothing_there', 'none of his own')
  const ended = await sessions.end(id, 'revoked', async (tx, owner) => {
    if (owner.userId !== userId) throw gone
    const about = { actor: { userId, login }, signInId, resource: `user:${login}` }
    await recordEvent(tx, { type: 'session_revoked', result: 'success', ...about, details: { id } })
  })
  if (!ended) throw gone
}
