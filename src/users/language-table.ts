import { statement } from '../store/statement.ts'

export const FIND_LANGUAGE = statement<[userId: string], { language: string | null }>(
  'find_language',
  `select language from auth.users where id = $1`,
)

export const SET_LANGUAGE = statement<[userId: string, language: string | null], { id: string }>(
  'set_language',
  `update auth.users set language = $2, updated_at = now() where id = $1 returning id`,
)
