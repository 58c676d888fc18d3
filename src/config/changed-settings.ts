import { isDeepStrictEqual } from 'node:util'
import { loadConfig } from './load.ts'
import { SECRETS } from './secrets.ts'
import { SETTINGS } from './settings.ts'
import type { LoadedConfig } from './settings.ts'

/** Names of the settings that are not at their default, by the alphabet; never their values. */
export function changedSettings({ config, secrets }: LoadedConfig): string[] {
  const plain = loadConfig({}, () => '')
  if (!('config' in plain)) throw new Error('the defaults contradict each other')
  return [
    ...changedOf(SETTINGS, { ...config }, { ...plain.config }),
    ...changedOf(SECRETS, { ...secrets }, { ...plain.secrets }),
  ].toSorted()
}

type Read = Readonly<Record<string, unknown>>

function changedOf(table: Readonly<Record<string, { readonly name: string }>>, own: Read, plain: Read): string[] {
  const keys = Object.keys(table).filter((key) => !isDeepStrictEqual(own[key], plain[key]))
  return keys.flatMap((key) => table[key]?.name ?? [])
}
