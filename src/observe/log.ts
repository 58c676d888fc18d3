import { pino } from 'pino'
import type { DestinationStream, Logger } from 'pino'
import { currentOrigin } from './origin.ts'

export type Log = Logger

/** Names under which a secret might reach a log line by mistake; their values are replaced. */
const SECRET_NAMES = ['password', 'token', 'secret', 'cookie', 'authorization', 'csrf', 'rd', 'hash', 'pepper', 'key']
const SECRET_PATHS = SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`])
/** A member of a JSON object whose value is a text or a list of texts; names are short, so no text costs a second look. */
const MEMBER = /"([^"\\]{1,64})":(?:"[^"\\]*(?:\\.[^"\\]*)*"|\[(?:"[^"\\]*(?:\\.[^"\\]*)*",?)*\])/g
const SECRET_NAME = /password|token|secret|cookie|authorization|csrf|pepper|database_?url|^(?:rd|hash|key)$/i
/** Our tokens wherever they stand in a text, such as in a message of a library; an escape may stand before them. */
const TOKEN = /(?:p[a-z]1|pst_)[0-9a-z]{2}[A-Za-z0-9_-]{54}/g
const PASSWORD_IN_URL = /(:\/\/[^\s:@/"]*:)[^\s@/"]+@/g
/** What JSON leaves as it is, but some viewers take for the end of a line and some terminals for a command. */
const UNSAFE = /[\u007f-\u009f\u2028\u2029]/g

/** What waits for a reader that doesn't read; more is dropped, rather than held until memory is gone. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024

/** JSON lines with level, time, message and what belongs to it; secrets are taken out by name and by form. */
export function createLog(level: string, destination?: DestinationStream): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_PATHS, censor: '[redacted]' },
      mixin: originOf,
      hooks: { streamWrite: cleanLine },
    },
    destination ?? pino.destination({ dest: 1, sync: false, minLength: 0, maxLength: MAX_WAITING_BYTES }),
  )
}

/** Made anew for each line, since what the line says is put into it. */
function originOf(): object {
  const origin = currentOrigin()
  return origin === null ? {} : { requestId: origin.requestId }
}

function cleanLine(line: string): string {
  return line
    .replace(MEMBER, (member, name: string) => (SECRET_NAME.test(name) ? `"${name}":"[redacted]"` : member))
    .replace(TOKEN, '[redacted]')
    .replace(PASSWORD_IN_URL, '$1[redacted]@')
    .replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
