import { MIN_PASSPHRASE } from '../backup/backup-header.ts'
import { OperatorError } from '../errors.ts'
import { askPassword } from './ask-password.ts'

export interface PassphraseSource {
  /** True with `--passphrase-stdin`: the first line of standard input. */
  readonly fromStdin: boolean
  /** POSTERN_BACKUP_PASSPHRASE; null where it isn't set. */
  readonly setting: string | null
  /** Whether it is a new one, which is asked for twice at a terminal and must be long enough. */
  readonly isNew: boolean
}

/** @throws OperatorError when there is no way to get one, or a new one is short */
export async function askPassphrase({ fromStdin, setting, isNew }: PassphraseSource): Promise<string> {
  const passphrase = fromStdin || setting === null ? await ask(fromStdin, isNew) : setting
  if (isNew && Array.from(passphrase.normalize('NFC')).length < MIN_PASSPHRASE) {
    throw new OperatorError(
      `The passphrase has fewer than ${MIN_PASSPHRASE} characters. Choose a longer one: whoever has the file can guess at it for years.`,
      2,
    )
  }
  return passphrase
}

async function ask(fromStdin: boolean, twice: boolean): Promise<string> {
  if (!fromStdin && !process.stdin.isTTY) {
    throw new OperatorError(
      'Give the passphrase by POSTERN_BACKUP_PASSPHRASE_FILE, or on standard input with --passphrase-stdin.',
      2,
    )
  }
  const answer = await askPassword({ fromStdin, optional: false, called: 'passphrase', once: !twice })
  return answer ?? ''
}
