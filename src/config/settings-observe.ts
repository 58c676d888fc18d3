import { setting } from './setting.ts'
import { Mistake, wholeNumber } from './values.ts'
import type { Reader } from './values.ts'

/** Paths between commas, which therefore hold none. */
const files: Reader<readonly string[]> = (value) => {
  const paths = value.split(',').map((path) => path.trim())
  const isList = paths.every((path) => path.startsWith('/')) && new Set(paths).size === paths.length
  return isList ? paths : new Mistake('expects whole paths of files between commas, such as /etc/ssl/app.pem')
}

/** What is watched, and from when on it is told. */
export const OBSERVE_SETTINGS = {
  slowQuery: setting(
    'POSTERN_SLOW_QUERY',
    wholeNumber(0, 600_000),
    '500',
    'Statements of the database that take longer than this many milliseconds are logged by name, each at most once a minute. 0 logs none.',
  ),
  certificateFiles: setting(
    'POSTERN_CERTIFICATE_FILES',
    files,
    null,
    'Certificates (PEM) that the proxy serves, beside our own, such as /etc/letsencrypt/live/example.com/fullchain.pem, between commas: /metrics tells when they end, and /health/detail warns 14 days before. They are read again every hour.',
  ),
} as const
