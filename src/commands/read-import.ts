import { PEPPER_MIXES, writePeppered } from '../credentials/password-peppered.ts'
import type { PepperMix } from '../credentials/password-peppered.ts'
import { OperatorError } from '../errors.ts'
import { readYaml } from '../policies/yaml-document.ts'
import { importAuthelia } from '../users/import-authelia.ts'
import { importCsv } from '../users/import-csv.ts'
import { importHtpasswd, importTinyauth } from '../users/import-lines.ts'
import { importFile } from '../users/imported-user.ts'
import type { ImportFault, ImportFile, ImportOptions, ImportedUser } from '../users/imported-user.ts'
import { optionalText, textOf } from './command.ts'
import type { Arguments } from './command.ts'

/** 100,000 people take 15 MB. */
export const MAX_IMPORT_BYTES = 64 * 1024 * 1024

const READERS = {
  csv: importCsv,
  htpasswd: importHtpasswd,
  tinyauth: importTinyauth,
  authelia: readAuthelia,
} as const satisfies Record<string, (text: string, options: ImportOptions) => Iterable<ImportedUser | ImportFault>>
export const IMPORT_FORMATS = Object.keys(READERS)

/**
 * Everybody in a file of another program. Nothing is asked of the database.
 * @param given `format`, and where they are given `emailDomain` and `pepperMix`
 * @throws OperatorError for a file that is no text, too large, or of a format that isn't known
 */
export function readImport(bytes: Uint8Array, given: Arguments): ImportFile {
  const format = textOf(given, 'format')
  const pepperMix = optionalText(given, 'pepperMix')
  if (!isFormat(format)) throw new OperatorError(`--format is one of ${IMPORT_FORMATS.join(', ')}.`, 2)
  if (pepperMix !== undefined && !isMix(pepperMix))
    throw new OperatorError(`--pepper-mix is one of ${PEPPER_MIXES.join(', ')}.`, 2)
  const options = { emailDomain: optionalText(given, 'emailDomain') ?? null, peppered: pepperedBy(pepperMix ?? null) }
  return importFile(READERS[format](textOfFile(bytes), options))
}

function textOfFile(bytes: Uint8Array): string {
  if (bytes.length > MAX_IMPORT_BYTES) throw new OperatorError('The file is over 64 MiB. Import it in parts.')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new OperatorError('The file is not UTF-8. Save it as UTF-8 and import it again.', 1, { cause })
  }
}

function pepperedBy(mix: PepperMix | null): ImportOptions['peppered'] {
  return (hash, pepper) => {
    // What is stored that way says whose pepper it is; nobody may write it into a file himself.
    if (hash.startsWith('$peppered$')) return { sentence: 'Its hash is of no scheme that is known here.' }
    if (mix !== null) return writePeppered(hash, mix, pepper)
    if (pepper === null) return hash
    return { sentence: `Say how the pepper was mixed in: --pepper-mix ${PEPPER_MIXES.join('|')}.` }
  }
}

function* readAuthelia(text: string, options: ImportOptions): Generator<ImportedUser | ImportFault> {
  const document = readYaml(text)
  // Their own sentences may tell what stands there, which may be a hash.
  const bad = Array.isArray(document)
    ? document.map(({ line }) => ({ line, sentence: 'This is not readable as YAML.' }))
    : document.badKeys.map(({ line }) => ({ line, sentence: 'This key stands here twice, or can not be one.' }))
  if (Array.isArray(document) || bad.length > 0) {
    yield* bad
    return
  }
  const lineOf = (login: string): number => document.mistakeAt(['users', login], '').line
  yield* importAuthelia({ value: document.value, lineOf }, options)
}

function isFormat(text: string): text is keyof typeof READERS {
  return Object.hasOwn(READERS, text)
}

function isMix(text: string): text is PepperMix {
  return PEPPER_MIXES.some((mix) => mix === text)
}
