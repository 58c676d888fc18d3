import { SECRETS } from '../config/secrets.ts'
import { SETTINGS } from '../config/settings.ts'
import type { Setting } from '../config/setting.ts'
import { done } from './command.ts'
import type { CommandResult } from './command.ts'

/** Every setting with what it does and its default, as Markdown for people and as a list for programs. */
export function configReference(): CommandResult {
  const all = [...described(SETTINGS, false), ...described(SECRETS, true)]
  const rows = all.map(
    ({ name, fallback, secret, about }) => `| \`${name}\` | ${shown(fallback)} | ${secret ? 'yes' : ''} | ${about} |`,
  )
  const text = ['| setting | default | secret | what it does |', '|---|---|---|---|', ...rows].join('\n')
  return done(text, all)
}

/** The example of an environment file: every setting, commented out, with its default. */
export function environmentExample(): string {
  const entries = [...described(SETTINGS, false), ...described(SECRETS, true)]
  const head =
    '# Every setting of Postern, commented out, with its default.\n# Any NAME may be given as NAME_FILE instead, with the path of a file that holds the value.\n'
  return [head, ...entries.map(({ name, fallback, about }) => `# ${about}\n#${name}=${fallback ?? ''}\n`)].join('\n')
}

interface Described {
  readonly name: string
  readonly fallback: string | null
  readonly secret: boolean
  readonly about: string
}

function described(table: Readonly<Record<string, Setting<unknown>>>, secret: boolean): Described[] {
  return Object.values(table).map(({ name, fallback, about }) => ({ name, fallback, secret, about }))
}

function shown(fallback: string | null): string {
  return fallback === null ? '' : `\`${fallback}\``
}
