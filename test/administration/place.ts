import assert from 'node:assert/strict'
import type { Doer } from '../../src/administration/parts.ts'
import type { ErrorCode } from '../../src/errors.ts'
import { PosternError } from '../../src/errors.ts'
import { getUser } from '../../src/users/users.ts'
import { openTestApp, POLICY } from '../support/app.ts'
import type { TestApp, TestAppOptions } from '../support/app.ts'
import type { Cleanup } from '../support/directories.ts'

/** Roles for every way to hold something of Postern. */
export const STAFF = POLICY.replace(
  'roles:',
  `roles:
  helpdesk: ['postern.users:read', 'postern.users:write', 'postern.sessions:end', 'postern.attempts:clear']
  editor: ['postern.policy:read', 'postern.policy:write']
  auditor: ['postern.audit:read']`,
)

export interface Staff extends TestApp {
  /** Somebody signed in, as a request's principal would have it. */
  readonly doer: (login: string) => Promise<NonNullable<Doer>>
}

/** An app with an administrator `ada`, `helga` at the help desk, an editor `ed`, and `una` and `uwe` without anything. */
export async function openStaff(t: Cleanup, options: TestAppOptions = {}): Promise<Staff> {
  const app = await openTestApp(t, { policy: STAFF, ...options })
  const people = { ada: ['postern-admin'], helga: ['helpdesk'], ed: ['editor'], una: [], uwe: [] }
  for (const [login, roles] of Object.entries(people)) await app.addUser(login, { roles, password: null })
  const doer = async (login: string): Promise<NonNullable<Doer>> => {
    const { id, held_roles: roles } = await getUser(app.database, login)
    return { userId: id, login, roles }
  }
  return { ...app, doer }
}

export async function refusedAs(code: ErrorCode, work: Promise<unknown>, about = ''): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.equal(error instanceof PosternError ? error.code : error, code, about)
    return true
  })
}
