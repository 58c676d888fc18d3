import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { loadConfig } from '../../src/config/load.ts'
import { ROOT } from './packed.ts'

export const FOLDER = join(ROOT, 'packaging')

export interface Service {
  readonly image: string
  readonly user?: string
  readonly read_only: boolean
  readonly cap_drop: readonly string[]
  readonly security_opt: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly volumes?: readonly string[]
  readonly secrets?: readonly string[]
  readonly ports?: readonly string[]
  readonly networks: readonly string[] | Readonly<Record<string, { readonly ipv4_address?: string }>>
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck?: { readonly disable?: boolean }
  readonly build?: { readonly context: string; readonly dockerfile: string }
}

export interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>
  readonly volumes: Readonly<Record<string, unknown>>
  readonly secrets: Readonly<Record<string, { readonly file: string }>>
}

export function readCompose(): Compose {
  return parse(readFileSync(join(FOLDER, 'compose.yaml'), 'utf8'), { merge: true }) as Compose
}

/** Address of a service in the network that nginx asks in. */
export function addressOf({ services }: Compose, name: string): string {
  const networks = services[name]?.networks
  const address = networks === undefined || !('gate' in networks) ? undefined : networks['gate']?.ipv4_address
  if (address === undefined) throw new Error(`${name} has no address of its own`)
  return address
}

/** Reads the settings of a Postern of the file, with the secrets that `make-secrets.sh` made in `secrets`. */
export function loadSettings(
  environment: Readonly<Record<string, string>>,
  secrets: string,
): ReturnType<typeof loadConfig> {
  return loadConfig(environment, (path) => readFileSync(path.replace('/run/secrets', secrets), 'utf8'))
}
