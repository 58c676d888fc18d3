import { statement } from '../store/statement.ts'

export const FIND_PERSON = statement<[loginOrEmail: string], { id: string; login: string; email: string }>(
  'find_person',
  `select id, login, email from auth.users where login = $1 or email = $1`,
)

export const LIST_LOGINS = statement<[ids: readonly string[]], { id: string; login: string }>(
  'list_logins',
  `select id, login from auth.users where id = any ($1::uuid[])`,
)
