import { z } from 'zod'
import { recordEvent } from '../audit/events.ts'
import { PosternError } from '../errors.ts'
import { networkFault, queryOf, reportAttempts } from '../limits/attempt-report.ts'
import type { AttemptQuestion } from '../limits/attempt-report.ts'
import type { Attempts } from '../limits/attempts.ts'
import type { Database } from '../store/database.ts'
import { operation } from './operation.ts'
import type { Operation } from './operation.ts'
import { COUNT, MAYBE_TEXT, TEXT, TIME } from './shapes.ts'

export interface AttemptParts {
  readonly database: Database
  readonly attempts: Attempts
}

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
export function attemptOperations(parts: AttemptParts): readonly Operation[] {
  const common = { path: '/attempts', tag: 'attempts', access: 'postern.attempts:clear', query: QUESTION } as const
  return [
    operation({
      ...common,
      name: 'listAttempts',
      method: 'GET',
      summary: 'Lists counted failures and stops, the latest first, at most 1,000',
      data: z.array(ATTEMPT),
      run: async ({ query }) => ({ data: await reportAttempts(parts, questionOf(query)) }),
    }),
    operation({
      ...common,
      name: 'clearAttempts',
      method: 'DELETE',
      summary: 'Lifts the stops of a person, a network, or a person from a network',
      needsProof: true,
      data: z.strictObject({ cleared: COUNT }),
      async run({ query, caller: { principal } }) {
        const question = questionOf(query)
        // All of them at once is for operators at a shell.
        if (Object.keys(question).length === 0) throw new PosternError('bad_request', 'neither login nor network')
        const cleared = await parts.attempts.clear(await queryOf(parts.database, question))
        await note(parts, principal, { ...question, cleared })
        return { data: { cleared } }
      },
    }),
  ]
}

async function note(
  { database }: AttemptParts,
  { userId, login: by }: { readonly userId: string; readonly login: string },
  { login, ...details }: AttemptQuestion & { readonly cleared: number },
): Promise<void> {
  await recordEvent(database, {
    type: 'attempts_cleared',
    result: 'success',
    actor: { userId, login: by },
    ...(login !== undefined && { resource: `user:${login}` }),
    details,
  })
}

function questionOf({ login, network }: { login?: string | undefined; network?: string | undefined }): AttemptQuestion {
  const fault = network === undefined ? null : networkFault(network)
  if (fault !== null) throw new PosternError('bad_request', fault)
  return { ...(login !== undefined && { login }), ...(network !== undefined && { network }) }
}
