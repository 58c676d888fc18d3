import { z } from 'zod'
import type { AdministrationParts } from '../administration/parts.ts'
import { listTokens, revokeToken as revokeAnybodys } from '../administration/tokens.ts'
import { PosternError } from '../errors.ts'
import type { OwnPermission } from '../lib/permissions.ts'
import { holdsPermission } from '../policies/holds.ts'
import { reportToken } from '../tokens/token-report.ts'
import { MAX_TOKEN_NAME, TOKEN_DAYS } from '../tokens/token-wish.ts'
import { grantToken, revokeToken } from '../tokens/tokens.ts'
import type { TokenParts } from '../tokens/tokens.ts'
import { UserFieldsError } from '../users/users.ts'
import { operation } from './operation.ts'
import type { Caller, Operation } from './operation.ts'
import { given, ID, LOGIN, MAYBE_TIME, NOTHING, TEXT, TEXTS, TIME } from './shapes.ts'

const SCOPE = ['apps', 'hosts', 'paths', 'methods', 'networks', 'api'] as const
const TOKEN = z.strictObject({
  id: TEXT,
  login: TEXT,
  name: TEXT,
  prefix: TEXT.describe('How the token begins.'),
  scope: z.strictObject(everyList(() => TEXTS.nullable())),
  created_at: TIME,
  last_used_at: MAYBE_TIME,
  expires_at: TIME,
})
const LIST = z.array(z.string().min(1).max(512)).max(50).optional()
const NEW = {
  name: z
    .string()
    .min(1)
    .max(MAX_TOKEN_NAME * 4),
  days: z.number().int().min(1).max(TOKEN_DAYS.most).default(TOKEN_DAYS.usual),
  ...everyList(() => LIST),
}

/** Tokens for programs: one's own; those of others for whoever may see or end them. A token itself opens none of this. */
export function tokenOperations(parts: AdministrationParts): readonly Operation[] {
  const tools = { ...parts, policy: () => parts.policies.current() }
  const common = { tag: 'tokens', access: 'signed_in', refusesTokens: true } as const
  return [
    operation({
      ...common,
      name: 'listTokens',
      method: 'GET',
      path: '/tokens',
      summary: 'Lists API tokens that are good, the latest first: one’s own, or those of others for who may see them',
      query: { login: LOGIN.optional(), all: z.literal('true').optional() },
      data: z.array(TOKEN),
      errors: ['unknown_user'],
      async run({ query: { login, all }, caller }) {
        const own = caller.principal.login
        const whose = all === undefined ? (login ?? own) : null
        if (whose !== own && !holds(parts, caller, 'postern.users:read'))
          throw new PosternError('forbidden', 'the tokens of others')
        const rows = await listTokens(parts, whose === null ? {} : { login: whose })
        return { data: rows.map((row) => reportToken(row) as z.input<typeof TOKEN>) }
      },
    }),
    operation({
      ...common,
      name: 'createToken',
      method: 'POST',
      path: '/tokens',
      summary: 'Makes a token that acts for its owner, and tells it this once',
      needsProof: true,
      status: 201,
      body: NEW,
      data: z.strictObject({ id: TEXT, token: TEXT, expires_at: TIME }),
      run: async ({ body, caller }) => ({ data: await create(tools, body, caller) }),
    }),
    operation({
      ...common,
      name: 'revokeToken',
      method: 'DELETE',
      path: '/tokens/{id}',
      summary: 'Ends a token at once and everywhere',
      params: { id: ID },
      data: NOTHING,
      errors: ['not_found', 'nothing_there', 'holds_more'],
      async run({ params: { id }, caller }) {
        const { principal } = caller
        if ((await revokeToken(tools, id, principal.userId, doerOf(caller))) !== null) return { data: undefined }
        if (!holds(parts, caller, 'postern.sessions:end')) throw new PosternError('not_found', 'none of his own')
        await revokeAnybodys(parts, principal, { id })
        return { data: undefined }
      },
    }),
  ]
}

async function create(
  tools: TokenParts,
  { name, days, ...scope }: z.output<z.ZodObject<typeof NEW>>,
  caller: Caller,
): Promise<{ id: string; token: string; expires_at: string }> {
  const granted = await grantToken(tools, caller.principal, { name, days, ...given(scope) }, doerOf(caller))
  if (granted.kind === 'no_owner') throw new PosternError('not_signed_in', 'disabled meanwhile')
  if (granted.kind === 'refused') throw new UserFieldsError(granted.faults)
  const { id, token, expiresAt } = granted
  return { id, token, expires_at: expiresAt.toISOString() }
}

function doerOf({ principal: { userId, login, signInId }, address, userAgent }: Caller) {
  return { actor: { userId, login }, signInId, address, userAgent }
}

function holds({ policies }: AdministrationParts, { principal }: Caller, permission: OwnPermission): boolean {
  return holdsPermission(policies.current(), principal, permission)
}

function everyList<T>(shape: () => T): Record<(typeof SCOPE)[number], T> {
  return Object.fromEntries(SCOPE.map((name) => [name, shape()])) as Record<(typeof SCOPE)[number], T>
}
