import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byCookie } from '../api/caller.ts'
import { openPortal } from '../login/browser.ts'
import { createCommandLookup } from '../support/cli-help.ts'

const SIGNING_IN = 'Signing in and out is what a browser or an app does, not an operator.'
const PERSONAL = 'An operator at a shell is nobody who is signed in: this is of the caller alone.'

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { operationId?: string }>>>>
}

/** How the command line does what an operation does, or why it doesn't. */
const COMMANDS: Readonly<Record<string, string | { readonly why: string }>> = {
  listRoles: 'role list',
  listApps: 'policy export',
  listNotices: 'notice list',
  getNotice: 'notice list --json',
  setNotice: 'notice set app text --from 1h --until 2h',
  clearNotice: 'notice clear app',
  listAttempts: 'attempts list --login una --network 192.0.2.0/24',
  clearAttempts: 'attempts clear --login una --all',
  searchAuditEvents: 'audit search',
  exportAuditEvents: 'audit export',
  listRefusals: 'audit decisions --user una --app app --since 1h',
  listDecisionSums: 'audit decisions --sums',
  explainRequest: 'policy explain GET https://app.example.com/ --user una',
  getAccessMatrix: 'matrix --search u --app app',
  getSnippet: 'snippet nginx --app app --upstream http://127.0.0.1:8080',
  listGrants: 'grant list --login una --role team --all',
  getGrant: 'grant list --json',
  grantRole: 'grant create una team --until 1h --reason holidays',
  revokeGrant: 'grant revoke id',
  makeResetLink: 'user reset-link una',
  listInvitations: 'user invitations',
  invite: 'user invite una@example.com',
  revokeInvitation: 'user uninvite id',
  getPolicy: 'policy export',
  listPolicyVersions: 'policy versions',
  getPolicyVersion: 'policy export --version 1',
  diffPolicyVersions: 'policy diff 1 2',
  tryPolicy: 'policy test file',
  replayPolicy: 'policy diff --replay draft --last 10',
  applyPolicy: 'policy apply file --reason why --expect 1',
  rollBackPolicy: 'policy rollback 1 --reason why',
  listSessions: 'session list --user una --network 192.0.2.0/24',
  endSession: 'session revoke id',
  endSessionsOfUser: 'session revoke --user una',
  getHealth: 'system health',
  listKeys: 'keys status',
  rotateKey: 'keys rotate audit',
  listSettings: 'config check --json',
  printSnippet: 'snippet nginx --app app',
  listTokens: 'token list una',
  createToken: 'token create una --name x',
  revokeToken: 'token revoke id',
  listUsers: 'user list --search u --role team --state active',
  getUser: 'user show una',
  createUser: 'user create una --email una@example.com --role team',
  editUser: 'user edit una --name Una',
  changeRoles: 'user roles una --add team --remove other',
  setPassword: 'user password una --must-change',
  demandPasswordChange: 'user password una --must-change',
  deleteUser: 'user delete una',
  disableUser: 'user disable una',
  enableUser: 'user enable una',
  unlockUser: 'user unlock una',
  listFactors: 'user factors list una',
  resetFactors: 'user factors reset una',
  signIn: { why: SIGNING_IN },
  giveSecondFactor: { why: SIGNING_IN },
  askForPasskey: { why: SIGNING_IN },
  stepUp: { why: SIGNING_IN },
  signOut: { why: SIGNING_IN },
  getSession: { why: SIGNING_IN },
  getMe: { why: PERSONAL },
  listMySessions: { why: PERSONAL },
  endMySession: { why: PERSONAL },
  listMyActivity: { why: PERSONAL },
}

test('whatever the API can, a command can, or it is written here why not', async (t) => {
  const ask = await byCookie(await openPortal(t))
  const { paths } = JSON.parse((await ask('GET', '/openapi.json')).text) as Document
  const operations = Object.values(paths).flatMap((item) => Object.values(item))
  const unsaid = operations.flatMap(({ operationId = '' }) =>
    Object.hasOwn(COMMANDS, operationId) ? [] : [operationId],
  )
  assert.deepEqual(unsaid, [], 'give each a command, or a reason here')
  assert.ok(operations.length > 40)
  const lookup = createCommandLookup()
  for (const [name, command] of Object.entries(COMMANDS))
    if (typeof command === 'string') assert.deepEqual(await lookup.mistakesOf(command), [], name)
})
