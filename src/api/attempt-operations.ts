import { z } from 'zod'
import { clearAttempts, listAttempts } from '../administration/attempts.ts'
import type { AdministrationParts } from '../administration/parts.ts'
import { PosternError } from '../errors.ts'
import { operation } from './operation.ts'
import type { Operation } from './operation.ts'
import { COUNT, given, MAYBE_TEXT, TEXT, TIME } from './shapes.ts'

const QUESTION = {
  login: z.string().min(1).max(254).optional().describe('Login or e-mail address, also one that nobody has.'),
  network: z.string().min(1).max(64).optional().describe('An address, or a network in CIDR form.'),
}
const ATTEMPT = z.strictObject({
  side: TEXT,
  factor: TEXT,
  login: MAYBE_TEXT,
  network: MAYBE_TEXT,
  failures: COUNT,
  last_at: TIME,
  stopped_until: z.union([TIME, z.literal('recovery')]).nullable(),
})

/** What is asked about failures that are counted, and how stops are lifted. */
export function attemptOperations(parts: AdministrationParts): readonly Operation[] {
  const common = { path: '/attempts', tag: 'attempts', access: 'postern.attempts:clear', query: QUESTION } as const
  return [
    operation({
      ...common,
      name: 'listAttempts',
      method: 'GET',
      summary: 'Lists counted failures and stops, the latest first, at most 1,000',
      data: z.array(ATTEMPT),
      run: async ({ query }) => ({ data: [...(await listAttempts(parts, given(query)))] }),
    }),
    operation({
      ...common,
      name: 'clearAttempts',
      method: 'DELETE',
      summary: 'Lifts the stops of a person, a network, or a person from a network',
      needsProof: true,
      data: z.strictObject({ cleared: COUNT }),
      errors: ['holds_more'],
      async run({ query, caller: { principal } }) {
        const question = given(query)
        // All of them at once is for operators at a shell.
        if (Object.keys(question).length === 0) throw new PosternError('bad_request', 'neither login nor network')
        return { data: await clearAttempts(parts, principal, question) }
      },
    }),
  ]
}
