import type { FastifyInstance } from 'fastify'
import { recordEvent } from '../audit/events.ts'
import { PosternError } from '../errors.ts'
import { networkFault, queryOf, reportAttempts } from '../limits/attempt-report.ts'
import type { AttemptQuestion } from '../limits/attempt-report.ts'
import type { Attempts } from '../limits/attempts.ts'
import { provenAdministrator } from './administrator.ts'
import type { Administrator, AdministratorParts } from './administrator.ts'

export interface AttemptsApiParts extends AdministratorParts {
  readonly attempts: Attempts
}

interface Query {
  Querystring: { readonly login?: string; readonly network?: string }
}

const PATH = '/api/v2/attempts'

/** What administrators ask about failures that are counted, and how they lift stops. */
export function attemptsApiRoutes(app: FastifyInstance, parts: AttemptsApiParts): void {
  app.get<Query>(PATH, { config: { access: 'postern.attempts:clear' } }, async (request, reply) =>
    reply.send({ status: 'ok', data: await reportAttempts(parts, questionOf(request.query)) }),
  )

  app.delete<Query>(PATH, { config: { access: 'postern.attempts:clear' } }, async (request, reply) => {
    const by = await provenAdministrator(parts, request)
    const question = questionOf(request.query)
    // All of them at once is for operators at a shell.
    if (Object.keys(question).length === 0) throw new PosternError('bad_request', 'neither login nor network')
    const cleared = await parts.attempts.clear(await queryOf(parts.database, question))
    await note(parts, by, { ...question, cleared })
    return reply.send({ status: 'ok', data: { cleared } })
  })
}

async function note(
  { database }: AttemptsApiParts,
  actor: Administrator,
  { login, ...details }: AttemptQuestion & { readonly cleared: number },
): Promise<void> {
  await recordEvent(database, {
    type: 'attempts_cleared',
    result: 'success',
    actor,
    ...(login !== undefined && { resource: `user:${login}` }),
    details,
  })
}

function questionOf({ login, network }: Query['Querystring']): AttemptQuestion {
  const fault = network === undefined ? null : networkFault(network)
  if (fault !== null) throw new PosternError('bad_request', fault)
  return { ...(login !== undefined && { login }), ...(network !== undefined && { network }) }
}
