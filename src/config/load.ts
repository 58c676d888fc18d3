import { OperatorError } from '../errors.ts'
import { nearest } from '../lib/nearest.ts'
import { contradictions } from './rules.ts'
import { SECRETS } from './secrets.ts'
import { PORTAL_PATH, SETTINGS } from './settings.ts'
import type { Config, Environment, LoadedConfig, Values } from './settings.ts'
import type { Setting } from './setting.ts'
import { Mistake } from './values.ts'

/**
 * Reads the whole environment; on any mistake all of them, a sentence each, starting with the setting's name.
 * @param readFile gives the text of the file that a NAME_FILE variable names; may throw
 * @throws OperatorError when such a file can't be read
 */
export function loadConfig(
  environment: Environment,
  readFile: (path: string) => string,
): LoadedConfig | readonly Mistake[] {
  const source = { environment, readFile, mistakes: unknownNames(environment) }
  const settings = readTable(SETTINGS, source)
  const secrets = readTable(SECRETS, source)
  const config = resolve(settings)
  const mistakes = [...source.mistakes, ...contradictions(config, secrets, environment).filter(isNews(source.mistakes))]
  return mistakes.length > 0 ? mistakes : { config, secrets }
}

/** What Kubernetes puts into every Pod for a Service whose name begins with postern. */
const SERVICE_LINK = /_(SERVICE_(HOST|PORT)(_\w+)?|PORT(_\d+_(TCP|UDP)(_\w+)?)?)$/

interface Source {
  readonly environment: Environment
  readonly readFile: (path: string) => string
  readonly mistakes: Mistake[]
}

function readTable<Table extends Record<string, Setting<unknown>>>(table: Table, source: Source): Values<Table> {
  const values = Object.entries(table).map(([key, entry]) => [key, readSetting(entry, source)] as const)
  return Object.fromEntries(values) as Values<Table>
}

function readSetting(entry: Setting<unknown>, source: Source): unknown {
  const written = writtenValue(entry.name, source) ?? entry.fallback
  if (written === null) return null
  const value = entry.read(written)
  if (!(value instanceof Mistake)) return value
  source.mistakes.push(new Mistake(`${entry.name} ${value.sentence}.`))
  // The others are checked together with the default, so that every mistake is told at once.
  return entry.fallback === null ? null : entry.read(entry.fallback)
}

/** What a setting that is wrong by itself seems to contradict is no news. */
function isNews(mistakes: readonly Mistake[]): (found: Mistake) => boolean {
  const names = mistakes.map(({ sentence }) => sentence.split(' ', 1).join(''))
  return ({ sentence }) => !names.some((name) => sentence.includes(name))
}

function writtenValue(name: string, { environment, readFile, mistakes }: Source): string | null {
  const direct = environment[name]
  const file = environment[`${name}_FILE`]
  if (direct !== undefined && file !== undefined)
    mistakes.push(new Mistake(`${name} and ${name}_FILE are both set; keep one.`))
  if (file === undefined) return direct === undefined || direct === '' ? null : direct
  try {
    return readFile(file).trim()
  } catch {
    throw new OperatorError(`${name}_FILE names a file that can't be read: ${file}. Check its path and permissions.`)
  }
}

function unknownNames(environment: Environment): Mistake[] {
  const known = [...Object.values(SETTINGS), ...Object.values(SECRETS)].map((entry) => entry.name)
  const allowed = new Set<string>(known.flatMap((name) => [name, `${name}_FILE`]))
  return Object.keys(environment)
    .filter((name) => name.startsWith('POSTERN_') && !allowed.has(name) && !SERVICE_LINK.test(name))
    .map((name) => new Mistake(`${name} is not a setting; did you mean ${nearest(name, known)}?`))
}

function resolve(settings: Values<typeof SETTINGS>): Config {
  const port = settings.listen.kind === 'tcp' ? settings.listen.port : 80
  const scheme = settings.tlsCertificateFile === null ? 'http' : 'https'
  const publicUrl = settings.publicUrl ?? new URL(`${scheme}://localhost:${port}${PORTAL_PATH}`)
  const chosen = settings.upstream ?? (settings.publicUrl === null ? 'demo' : 'off')
  return { ...settings, publicUrl, upstream: chosen === 'off' ? null : chosen }
}
