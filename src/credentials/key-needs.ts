import { keyIdText } from '../lib/tokens.ts'
import type { Queryable } from '../store/database.ts'
import { COUNT_PEPPER_NEEDS, COUNT_SEALING_NEEDS, COUNT_TOKEN_NEEDS } from './key-needs-table.ts'
import type { NeedRow } from './key-needs-table.ts'

/** What still needs a retired key; nothing of it may be lost. Empty for what lasts no longer than a key rests. */
export async function countNeeds(
  database: Queryable,
  { id, purpose }: { readonly id: number; readonly purpose: string },
): Promise<readonly NeedRow[]> {
  switch (purpose) {
    case 'token':
      return database.query(COUNT_TOKEN_NEEDS, id, keyIdText(id))
    case 'sealing':
      return database.query(COUNT_SEALING_NEEDS, id)
    case 'pepper':
      return database.query(COUNT_PEPPER_NEEDS, id)
    default:
      return []
  }
}
