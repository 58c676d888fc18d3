import type { FastifyInstance } from 'fastify'
import type { AdministrationParts } from '../administration/parts.ts'
import type { Sealing } from '../credentials/sealing.ts'
import { appOperations } from './app-operations.ts'
import { attemptOperations } from './attempt-operations.ts'
import { auditOperations } from './audit-operations.ts'
import { callerOf } from './caller.ts'
import type { CallerParts } from './caller.ts'
import type { Database } from '../store/database.ts'
import { allowOrigins, answerPreflights } from './cors.ts'
import { decisionOperations } from './decision-operations.ts'
import { runOnce } from './idempotency.ts'
import { grantOperations } from './grant-operations.ts'
import { keyOperations } from './key-operations.ts'
import { linkOperations } from './link-operations.ts'
import { matrixOperation } from './matrix-operation.ts'
import { myOperations } from './me-operations.ts'
import { openApiDocument } from './openapi.ts'
import type { Operation } from './operation.ts'
import { explainOperation } from './policy-explain.ts'
import { policyOperations } from './policy-operations.ts'
import { sessionOperations } from './session-operations.ts'
import { snippetOperation } from './snippet-operation.ts'
import { SIGN_IN_DESCRIBED } from './sign-in-described.ts'
import { systemOperations } from './system-operations.ts'
import type { SystemParts } from './system-operations.ts'
import { tokenOperations } from './token-operations.ts'
import { userOperations } from './user-operations.ts'
import { API_PATH, registerOperations, routeOf } from './register-operations.ts'

/** What the API is built from. */
export interface ApiParts
  extends
    Omit<CallerParts, 'database' | 'sessions' | 'apiTokens'>,
    Omit<AdministrationParts, 'config' | 'database'>,
    SystemParts {
  readonly database: Database
  readonly publicUrl: URL
  readonly sealing: Sealing
}

/** All that programs can ask for, in the order in which it is told of. */
export function apiOperations(parts: ApiParts): readonly Operation[] {
  const { database } = parts
  return [
    ...myOperations(parts),
    ...userOperations(parts),
    ...linkOperations(parts),
    ...grantOperations(parts),
    ...sessionOperations(parts),
    ...tokenOperations(parts),
    ...appOperations(parts),
    ...policyOperations(parts),
    explainOperation(parts),
    matrixOperation(parts),
    snippetOperation(parts),
    ...attemptOperations(parts),
    ...decisionOperations(database),
    ...auditOperations(parts),
    ...systemOperations(parts),
    ...keyOperations(parts),
  ]
}

/** `/api/v2`: the operations, and the document that tells of them, which holds no more than anybody can read here. */
export function apiRoutes(app: FastifyInstance, parts: ApiParts): void {
  const operations = apiOperations(parts)
  const { corsOrigins, entrances } = parts
  const document = openApiDocument([...SIGN_IN_DESCRIBED, ...operations], entrances.portal.paths.base)
  app.register(async (api) => {
    allowOrigins(api, corsOrigins)
    registerOperations(
      api,
      {
        callerOf: (request, operation) => callerOf(parts, request, operation),
        runOnce: (request, caller, run) => runOnce(parts, request, caller, run),
      },
      operations,
    )
    api.get(`${API_PATH}/openapi.json`, { config: { access: 'anyone' } }, async (_request, reply) =>
      reply.send(document),
    )
    const methods = Map.groupBy(operations, routeOf)
    answerPreflights(
      api,
      corsOrigins,
      new Map([...methods].map(([url, own]) => [url, own.map(({ method }) => method)])),
    )
  })
}
