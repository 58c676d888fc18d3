import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { loadConfig } from '../../src/config/load.ts'
import { makeCertificate } from '../support/tls.ts'
import { fencesOf, listPages } from './fences.ts'
import type { Fence } from './fences.ts'

/** What files of secrets would hold. */
const IN_FILES: Readonly<Record<string, string>> = {
  '/run/secrets/database-url': 'postgres://postern@db/postern',
  '/run/secrets/secret-key': 'a secret of thirty-two bytes or more',
  '/run/secrets/proxy-secret': 'another secret of thirty-two bytes or more',
  '/run/secrets/collector': 'Authorization=Bearer abc',
  '/run/secrets/smtp-url': 'smtps://postern:secret@mail.example.com:465',
}
/** What a server with PostgreSQL has set already; pages on it show what comes beside. */
const WITH_POSTGRES = {
  POSTERN_DATABASE_URL: 'postgres://postern@db/postern',
  POSTERN_SECRET_KEY: 'a secret of thirty-two bytes or more',
}
const ASSIGNMENT = /^(?:export )?(POSTERN_\w+)=(?:'([^']*)'|(\S*))(?:\s+#.*)?$/
const CERTIFICATE = makeCertificate()
const FENCES = listPages().flatMap(fencesOf).filter(isSettings)

suite('settings shown in the documentation', () => {
  for (const { page, line, text } of FENCES) {
    test(`those of ${page}:${line} start a server`, () => {
      for (const settings of settingsIn(text)) {
        const [alone, beside] = [loadConfig(settings, fileAt), loadConfig({ ...WITH_POSTGRES, ...settings }, fileAt)]
        const mistakes = 'config' in alone || 'config' in beside ? [] : alone.map(({ sentence }) => sentence)
        assert.deepEqual(mistakes, [])
      }
    })
  }

  test('are more than a few', () => {
    assert.ok(FENCES.filter(({ page }) => page === 'docs/configure.md').length >= 8)
  })
})

/** True where every line sets something and no line leaves a gap to fill. */
function isSettings({ language, text, example }: Fence): boolean {
  const lines = text.trim().split('\n')
  return language === 'sh' && example === null && lines.every((line) => ASSIGNMENT.test(line))
}

/** Once, or where a name is set to several values once for each of them. */
function settingsIn(text: string): Record<string, string>[] {
  const pairs = text
    .trim()
    .split('\n')
    .map((line) => ASSIGNMENT.exec(line) ?? [])
    .map(([, name = '', quoted, value = '']) => [name, quoted ?? value] as const)
  const names = pairs.map(([name]) => name)
  const repeated = pairs.filter(([name], place) => names.indexOf(name) !== place || names.lastIndexOf(name) !== place)
  const all = Object.fromEntries(pairs)
  return repeated.length === 0 ? [all] : repeated.map(([name, value]) => ({ ...all, [name]: value }))
}

function fileAt(path: string): string {
  if (path.endsWith('.key')) return CERTIFICATE.key
  if (/\.(?:pem|crt)$/.test(path)) return CERTIFICATE.certificate
  return IN_FILES[path] ?? assert.fail(path)
}
