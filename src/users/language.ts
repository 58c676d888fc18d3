import type { Queryable } from '../store/database.ts'
import { FIND_LANGUAGE, SET_LANGUAGE } from './language-table.ts'

/** Tag of the language that somebody chose for pages and mails; null where nothing was chosen. */
export async function languageOf(database: Queryable, userId: string): Promise<string | null> {
  const [row] = await database.query(FIND_LANGUAGE, userId)
  return row?.language ?? null
}

/** Keeps it. No principal holds it, so nothing that is remembered has to go. */
export async function setLanguage(tx: Queryable, userId: string, tag: string | null): Promise<void> {
  await tx.query(SET_LANGUAGE, userId, tag)
}
