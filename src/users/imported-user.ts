/** Somebody as another program's file tells of him, as plain JSON. */
export interface ImportedUser {
  /** Of the file, from 1. */
  readonly line: number
  readonly login: string
  readonly email: string
  /** Null where the file has none: the login, for somebody new. */
  readonly name: string | null
  readonly roles: readonly string[]
  /** As `credentials` stores it, or null for nobody's password. */
  readonly hash: string | null
  readonly disabled: boolean
  readonly mustChangePassword: boolean
}

/** What is wrong with a line of a file, as a sentence that tells nothing secret. */
export interface ImportFault {
  readonly line: number
  readonly sentence: string
}

/** Everybody in a file, and all that is wrong with the others. */
export interface ImportFile {
  readonly users: readonly ImportedUser[]
  readonly faults: readonly ImportFault[]
}

export interface ImportOptions {
  /** For files or lines without an e-mail address: `login@domain` becomes it. */
  readonly emailDomain: string | null
  /** How a hash is stored into which a pepper went; null gives `pepper` where it is each person's own. */
  readonly peppered: (hash: string, pepper: string | null) => string | ImportProblem
}

/** Why something can't be taken. */
export interface ImportProblem {
  readonly sentence: string
}

const NO_ADDRESS = 'There is no e-mail address. Give --email-domain to make one of the login.'

/** An e-mail address for a line that may have none. */
export function emailOf(login: string, email: string, { emailDomain }: ImportOptions): string | ImportProblem {
  if (email !== '') return email
  return emailDomain === null ? { sentence: NO_ADDRESS } : `${login}@${emailDomain}`
}

/** Sorts what was read into people and faults; of several people with one login or address the first stays. */
export function importFile(read: Iterable<ImportedUser | ImportFault>): ImportFile {
  const users: ImportedUser[] = []
  const faults: ImportFault[] = []
  const lines = new Map<string, number>()
  for (const entry of read) {
    if ('sentence' in entry) faults.push(entry)
    else {
      const keys = [entry.login, entry.email].map((key) => key.trim().toLowerCase())
      const first = keys.map((key) => lines.get(key)).find((line) => line !== undefined)
      if (first !== undefined)
        faults.push({ line: entry.line, sentence: `Line ${first} has the same login or e-mail address.` })
      else {
        for (const key of keys) lines.set(key, entry.line)
        users.push(entry)
      }
    }
  }
  return { users, faults }
}
