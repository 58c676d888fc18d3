import type { Authorization } from '../lib/authorization.ts'
import type { Principal } from '../lib/principal.ts'
import type { ApiTokens } from '../sessions/api-tokens.ts'
import type { BasicPasswords, BasicRead } from './basic-passwords.ts'

/** Who sends an `Authorization` header that is for us. */
export interface MachineClients {
  /** At once from memory, else by a promise; null for nobody. */
  find(given: Authorization, address: string): Principal | null | Promise<BasicRead>
}

/** Builds it over what knows tokens, and what checks passwords. */
export function createMachineClients(tokens: Pick<ApiTokens, 'find'>, passwords: BasicPasswords): MachineClients {
  return {
    find: (given, address) =>
      given.kind === 'token' ? findOwner(tokens, given.token, given.login) : passwords.find(given, address),
  }
}

/** Beside a token, another name than its owner's would be another than the one that the app is told. */
function findOwner(
  tokens: Pick<ApiTokens, 'find'>,
  token: string,
  login: string | null,
): Principal | null | Promise<BasicRead> {
  const found = tokens.find(token)
  if (login === null || found === null) return found
  const named = (owner: Principal | null): Principal | null => (owner?.login === login.toLowerCase() ? owner : null)
  if (!(found instanceof Promise)) return named(found)
  return found.then(({ principal, tier }) => ({ principal: named(principal), tier }))
}
