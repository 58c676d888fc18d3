import { WHOLE_SCOPE } from '../../src/policies/token-scope.ts'
import type { TokenScope } from '../../src/lib/principal.ts'
import { getUser } from '../../src/users/users.ts'
import type { TestApp } from '../support/app.ts'

/** Apps that allow Basic in every degree, with rules that ask for more than a program can prove. */
export const MACHINE_POLICY = `
version: 1
roles:
  user: []
  admin: []
second_factor: { roles: [admin] }
apps:
  - name: app
    hosts: [app.example.com]
    rules:
      - { path: /public/**, allow: anyone }
      - { path: /known/**, allow: anyone, identify: true }
      - { path: /admin/**, require: { role: admin } }
      - { path: /two/**, require: { factors: 2 } }
      - { path: /fresh/**, require: { max_auth_age: 5m } }
      - { path: /dav/**, methods: [GET, PROPFIND], require: {} }
      - require: {}
  - name: git
    hosts: [git.example.com, '*.git.example.com']
    basic: tokens
    rules:
      - require: {}
  - name: old
    hosts: [old.example.com]
    basic: true
    rules:
      - { path: /public/**, allow: anyone }
      - { path: /admin/**, require: { role: admin } }
      - { path: /two/**, require: { factors: 2 } }
      - require: {}
`

export interface MadeToken {
  readonly id: string
  readonly token: string
}

/** A token of somebody, for everything but for what is given. */
export async function makeToken(
  { context, database }: Pick<TestApp, 'context' | 'database'>,
  login: string,
  scope: Partial<TokenScope> = {},
): Promise<MadeToken> {
  const { id: userId } = await getUser(database, login)
  const wanted = { userId, name: 'test', scope: { ...WHOLE_SCOPE, ...scope }, lifeMs: 86_400_000 }
  const made = await database.transaction((tx) => context.apiTokens.create(tx, wanted))
  if (made.kind !== 'created') throw new Error(made.kind)
  return { id: made.id, token: made.token }
}

export function bearer(token: string): string {
  return `Authorization: Bearer ${token}`
}

export function basic(login: string, password: string): string {
  return `Authorization: Basic ${Buffer.from(`${login}:${password}`).toString('base64')}`
}
