import { emailOf } from './imported-user.ts'
import type { ImportFault, ImportOptions, ImportedUser } from './imported-user.ts'

/** A parsed users file, and where its people stand in it. */
export interface AutheliaUsers {
  readonly value: unknown
  readonly lineOf: (login: string) => number
}

type Fields = Readonly<Record<string, unknown>>

/** People from Authelia's file of users: `users:` with one entry a login. Groups become roles. */
export function* importAuthelia(
  { value, lineOf }: AutheliaUsers,
  options: ImportOptions,
): Generator<ImportedUser | ImportFault> {
  const users = isFields(value) ? value['users'] : null
  if (!isFields(users)) yield { line: 1, sentence: 'The file has no map of users.' }
  else for (const [login, fields] of Object.entries(users)) yield readUser(lineOf(login), login, fields, options)
}

function readUser(line: number, login: string, fields: unknown, options: ImportOptions): ImportedUser | ImportFault {
  if (!isFields(fields)) return { line, sentence: 'A user is a map with password, email and others.' }
  const { displayname: name, password, email: address, groups = [], disabled = false } = fields
  if (typeof password !== 'string' || (address !== undefined && address !== null && typeof address !== 'string'))
    return { line, sentence: 'password and email must be texts.' }
  if (!isTexts(groups) || typeof disabled !== 'boolean' || (name !== undefined && typeof name !== 'string'))
    return { line, sentence: 'displayname is a text, groups a list of texts, disabled true or false.' }
  const email = emailOf(login, address ?? '', options)
  if (typeof email !== 'string') return { line, ...email }
  const hash = options.peppered(password.replace(/^\{CRYPT\}/, ''), null)
  if (typeof hash !== 'string') return { line, ...hash }
  return { line, login, email, name: name ?? null, roles: groups, hash, disabled, mustChangePassword: false }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
