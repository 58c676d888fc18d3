import { OperatorError, PosternError } from '../errors.ts'
import { newRequestId, withOrigin } from '../observe/origin.ts'
import { listRoles, showMatrix } from './access.ts'
import { clearAttempts, listAttempts, unlockUser } from './attempts.ts'
import { printChainKeys, readChainPage } from './audit.ts'
import { deliverAudit } from './audit-deliver.ts'
import { exportAudit, searchAudit } from './audit-search.ts'
import { copyForBackup, recordBackup } from './backup.ts'
import { createBreakGlass } from './break-glass.ts'
import type { Command, CommandContext } from './command.ts'
import type { Order, Reply } from './control.ts'
import { listDecisions, listSums } from './decisions.ts'
import { explainPolicy } from './explain.ts'
import { createGrant, endGrant, listAllGrants } from './grant.ts'
import { exportUsers, importBatch } from './import-users.ts'
import { keysStatus, rotateSomeKeys } from './keys.ts'
import { clearAppNotice, listAppNotices, setAppNotice } from './notice.ts'
import { diffPolicy, replayPolicy } from './policy-diff.ts'
import { applyPolicyFile, exportPolicy, listVersions, rollBack } from './policy.ts'
import { inviteUser, listInvited, makeLink, revokeInvited } from './recovery.ts'
import { listSessions, revokeSessions } from './session.ts'
import { printSnippet } from './snippet.ts'
import { createToken, listTokens, revokeOneToken } from './token.ts'
import { listFactors, resetFactors } from './user-factors.ts'
import * as user from './user.ts'

/** The commands that need the database, by the words they are called with. */
const COMMANDS: Readonly<Record<string, Command>> = {
  'user create': user.createUser,
  'user create break-glass': createBreakGlass,
  'user list': user.listUsers,
  'user show': user.showUser,
  'user edit': user.editUser,
  'user disable': user.disableUser,
  'user enable': user.enableUser,
  'user delete': user.deleteUser,
  'user password': user.setPassword,
  'user roles': user.changeRoles,
  'user import': importBatch,
  'user export': exportUsers,
  'user factors list': listFactors,
  'user factors reset': resetFactors,
  'user unlock': unlockUser,
  'attempts list': listAttempts,
  'audit decisions': listDecisions,
  'audit decisions sums': listSums,
  'attempts clear': clearAttempts,
  'audit key': printChainKeys,
  'audit pages': readChainPage,
  'audit deliver': deliverAudit,
  'audit search': searchAudit,
  'audit export': exportAudit,
  'backup copy': copyForBackup,
  'backup made': recordBackup,
  'grant create': createGrant,
  'grant list': listAllGrants,
  'grant revoke': endGrant,
  'keys rotate': rotateSomeKeys,
  'keys status': keysStatus,
  matrix: showMatrix,
  'notice clear': clearAppNotice,
  'notice list': listAppNotices,
  'notice set': setAppNotice,
  'role list': listRoles,
  'user reset-link': makeLink,
  'user invite': inviteUser,
  'user invitations': listInvited,
  'user uninvite': revokeInvited,
  'token create': createToken,
  'token list': listTokens,
  'token revoke': revokeOneToken,
  'session list': listSessions,
  'session revoke': revokeSessions,
  snippet: printSnippet,
  'policy apply': applyPolicyFile,
  'policy diff': diffPolicy,
  'policy explain': explainPolicy,
  'policy export': exportPolicy,
  'policy replay': replayPolicy,
  'policy rollback': rollBack,
  'policy versions': listVersions,
}

const NOWHERE = { address: null, userAgent: '', signInId: null }

/** Runs one command; what an operator can mend comes back as a refusal, anything else is thrown. */
export async function runOrder(
  context: CommandContext,
  { command, given, operator = 'unknown' }: Order,
): Promise<Reply> {
  const run = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined
  if (run === undefined)
    return { refusal: `The server knows no command ${command}. Is it of another version?`, exitCode: 2 }
  try {
    const origin = { ...NOWHERE, requestId: newRequestId(), command: { name: command, operator } }
    return { result: await withOrigin(origin, () => run(context, given)) }
  } catch (error) {
    if (error instanceof OperatorError) return { refusal: error.message, exitCode: error.exitCode }
    // What commands tell operators stands behind the sentence for everybody.
    if (error instanceof PosternError && error.cause instanceof OperatorError)
      return { refusal: error.cause.message, exitCode: error.cause.exitCode }
    if (error instanceof PosternError) return { refusal: `${error.message} (${error.detail})`, exitCode: 1 }
    throw error
  }
}
