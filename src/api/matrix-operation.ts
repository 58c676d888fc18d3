import { z } from 'zod'
import { matrixPage } from '../administration/matrix.ts'
import type { AdministrationParts } from '../administration/parts.ts'
import { PosternError } from '../errors.ts'
import { holdsPermission } from '../policies/holds.ts'
import { operation, PAGE } from './operation.ts'
import type { Operation } from './operation.ts'
import { APP, COUNT, given, ROLE, TEXT } from './shapes.ts'

const CELL = z.strictObject({
  app: TEXT,
  access: z.enum(['allow', 'steps', 'some_paths', 'no']),
  asks_for: z.enum(['second_factor', 'proof']).nullable(),
  rule: COUNT.nullable(),
  rules: z.array(COUNT).describe('Numbers of the rules that by themselves let him pass.'),
})
/** A page costs as many decisions as it has people and apps. */
const MOST = 100

/** Who may open what. */
export function matrixOperation(parts: AdministrationParts): Operation {
  return operation({
    name: 'getAccessMatrix',
    method: 'GET',
    path: '/matrix',
    tag: 'policy',
    summary: 'Tells of each app whether people may open it, people by login',
    access: 'postern.policy:read',
    query: {
      ...PAGE,
      limit: z.coerce.number().int().min(1).max(MOST).default(50).describe('How many people at most.'),
      search: z
        .string()
        .max(254)
        .optional()
        .describe('How login, e-mail address or name begin; takes `postern.users:read`.'),
      role: ROLE.optional(),
      app: APP.optional().describe('Only this one.'),
    },
    data: z.strictObject({
      policy_version: COUNT,
      total: COUNT,
      people: z.array(z.strictObject({ login: TEXT, cells: z.array(CELL) })),
    }),
    async run({ query: { app, limit, ...question }, caller: { principal } }) {
      // It finds by e-mail addresses, which are for those who may see people.
      if (question.search !== undefined && !holdsPermission(parts.policies.current(), principal, 'postern.users:read'))
        throw new PosternError('forbidden', 'a search for people')
      const wish = { limit, ...given(question), ...(app !== undefined && { apps: [app] }) }
      const { items, next, total, policyVersion } = await matrixPage(parts, wish)
      const people = items.map(({ login, cells }) => {
        return {
          login,
          cells: cells.map(({ asksFor, rules, ...cell }) => ({ ...cell, asks_for: asksFor, rules: [...rules] })),
        }
      })
      return { data: { policy_version: policyVersion, total, people }, next }
    },
  })
}
