import { emailOf } from './imported-user.ts'
import type { ImportFault, ImportOptions, ImportedUser } from './imported-user.ts'

const MAX_LINE = 4_096

/** People from Apache's htpasswd: `login:hash` a line. */
export function* importHtpasswd(text: string, options: ImportOptions): Generator<ImportedUser | ImportFault> {
  for (const [line, entry] of linesOf(text)) if (!entry.startsWith('#')) yield readEntry(line, entry, options)
}

/**
 * People from tinyauth's list: `login:hash` or `login:hash:totp-secret`, one a line or separated by commas, with `$`
 * doubled where it comes from a compose file. TOTP secrets are not taken over.
 */
export function* importTinyauth(text: string, options: ImportOptions): Generator<ImportedUser | ImportFault> {
  for (const [line, entries] of linesOf(text))
    for (const entry of entries.split(',').map((part) => part.trim()))
      if (entry !== '') yield readEntry(line, entry.replaceAll('$$', '$'), options)
}

function linesOf(text: string): [line: number, text: string][] {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/)
  return lines.map((line, index): [number, string] => [index + 1, line.trim()]).filter(([, line]) => line !== '')
}

function readEntry(line: number, entry: string, options: ImportOptions): ImportedUser | ImportFault {
  if (entry.length > MAX_LINE) return { line, sentence: `There are more than ${MAX_LINE} characters.` }
  const [login = '', hash = ''] = entry.split(':')
  if (login === '' || hash === '') return { line, sentence: 'This is not login:hash.' }
  const email = emailOf(login, '', options)
  if (typeof email !== 'string') return { line, ...email }
  const stored = options.peppered(hash, null)
  if (typeof stored !== 'string') return { line, ...stored }
  return { line, login, email, name: null, roles: [], hash: stored, disabled: false, mustChangePassword: false }
}
