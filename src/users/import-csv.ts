import { nearest } from '../lib/nearest.ts'
import { readCsv, readCsvText } from '../lib/csv.ts'
import type { CsvRow } from '../lib/csv.ts'
import { emailOf } from './imported-user.ts'
import type { ImportFault, ImportOptions, ImportProblem, ImportedUser } from './imported-user.ts'

/** The columns that are read, with the most characters that a cell may have. */
const COLUMNS = {
  login: 64,
  username: 64,
  email: 254,
  name: 200,
  first_name: 100,
  last_name: 100,
  roles: 4_096,
  password_hash: 2_000,
  password_pepper: 512,
  disabled: 5,
  is_active: 5,
  must_change_password: 5,
} as const
type Column = keyof typeof COLUMNS

/** Columns of a table of users that mean nothing here. */
const IGNORED = ['id', 'state', 'created_at', 'updated_at', 'failed_login_attempts', 'locked_until']
const YES = ['yes', 'true', 't', '1']
const NO = ['no', 'false', 'f', '0', '']

/**
 * People from a CSV file with a row of headings: login and email, and of the others what there is. Without a login it is
 * what stands before the `@`. Roles of a cell are separated by blanks, commas, semicolons or bars.
 */
export function* importCsv(text: string, options: ImportOptions): Generator<ImportedUser | ImportFault> {
  let columns: readonly (Column | null)[] | null = null
  for (const row of readCsv(text)) {
    if (columns !== null) {
      yield 'sentence' in row ? row : readUser(row, columns, options)
      continue
    }
    const headings = 'sentence' in row ? row : readHeadings(row)
    if ('sentence' in headings) {
      yield { line: row.line, sentence: headings.sentence }
      return
    }
    columns = headings
  }
  if (columns === null) yield { line: 1, sentence: 'The file is empty.' }
}

function readHeadings({ cells }: CsvRow): (Column | null)[] | ImportProblem {
  const names = cells.map((cell) => cell.trim().toLowerCase())
  const unknown = names.find((name) => !isColumn(name) && !IGNORED.includes(name))
  if (unknown !== undefined) {
    const known = nearest(unknown.slice(0, 64), Object.keys(COLUMNS))
    return { sentence: `The first row names the columns; "${shown(unknown)}" is none. Is it ${known}?` }
  }
  const doubled = names.find((name, index) => names.indexOf(name) !== index)
  if (doubled !== undefined) return { sentence: `The column "${shown(doubled)}" stands here twice: keep one.` }
  if (names.includes('login') && names.includes('username')) return { sentence: 'Keep one of login and username.' }
  if (!['login', 'username', 'email'].some((name) => names.includes(name)))
    return { sentence: 'The first row names the columns; one must be login or email.' }
  return names.map((name) => (isColumn(name) ? name : null))
}

function readUser(
  { line, cells }: CsvRow,
  columns: readonly (Column | null)[],
  options: ImportOptions,
): ImportedUser | ImportFault {
  if (cells.length !== columns.length)
    return { line, sentence: `There are ${cells.length} cells under ${columns.length} headings.` }
  const row = new Map(columns.flatMap((column, index) => (column === null ? [] : [[column, cells[index] ?? '']])))
  for (const [column, cell] of row)
    if (cell.length > COLUMNS[column])
      return { line, sentence: `${column} has more than ${COLUMNS[column]} characters.` }
  const cell = (column: Column): string => readCsvText(row.get(column) ?? '').trim()
  const login = cell('login') || cell('username') || cell('email').replace(/@.*/, '')
  const email = emailOf(login, cell('email'), options)
  const hash = hashOf(cell('password_hash'), cell('password_pepper'), options)
  const flags = flagsOf(row)
  const problem = [email, hash, flags].find((value) => isProblem(value))
  if (isProblem(problem) || isProblem(email) || isProblem(hash) || isProblem(flags))
    return { line, sentence: isProblem(problem) ? problem.sentence : '' }
  const name = cell('name') || `${cell('first_name')} ${cell('last_name')}`.trim()
  const roles = cell('roles')
    .split(/[\s,;|]+/)
    .filter((role) => role !== '')
  return { line, login, email, name: name === '' ? null : name, roles, hash, ...flags }
}

function hashOf(hash: string, pepper: string, options: ImportOptions): string | null | ImportProblem {
  return hash === '' ? null : options.peppered(hash, pepper === '' ? null : pepper)
}

function flagsOf(
  row: ReadonlyMap<Column, string>,
): Pick<ImportedUser, 'disabled' | 'mustChangePassword'> | ImportProblem {
  const read = (column: Column, absent: boolean): boolean | null => {
    const cell = row.get(column)?.trim().toLowerCase() ?? ''
    if (cell === '') return absent
    return YES.includes(cell) ? true : NO.includes(cell) ? false : null
  }
  const disabled = read('disabled', false)
  const isActive = read('is_active', true)
  const mustChangePassword = read('must_change_password', false)
  if (disabled === null || isActive === null || mustChangePassword === null)
    return { sentence: 'disabled, is_active and must_change_password are yes or no.' }
  return { disabled: disabled || !isActive, mustChangePassword }
}

function isColumn(name: string): name is Column {
  return Object.hasOwn(COLUMNS, name)
}

function isProblem(value: unknown): value is ImportProblem {
  return typeof value === 'object' && value !== null && 'sentence' in value
}

/** Whoever leaves out the headings has a person there, perhaps with a password. */
function shown(heading: string): string {
  return /^[a-z_ ]{1,24}$/.test(heading) ? heading : '…'
}
