import { readHost } from '../lib/host.ts'
import type { TokenScope } from '../lib/principal.ts'

/** What somebody asks a token for. */
export interface TokenWish {
  readonly name: string
  readonly lifeMs: number
  readonly scope: TokenScope
}

/** The same as texts and lists, from a command, a form or a body; an empty list is as good as none. */
export interface WrittenWish {
  readonly name: string
  readonly days: number
  readonly apps?: readonly string[]
  readonly hosts?: readonly string[]
  readonly paths?: readonly string[]
  readonly methods?: readonly string[]
  readonly networks?: readonly string[]
  /** Permissions of Postern itself; none where it is left out. */
  readonly api?: readonly string[]
}

export const TOKEN_DAYS = { usual: 90, most: 730 } as const
export const MAX_TOKEN_NAME = 60

const DAY_MS = 86_400_000
/** Control characters, line breaks, lone surrogates, and what turns the direction of the text around it. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u

/** Reads name and life, and the lists as the policy writes them; for each field at fault a sentence. */
export function readTokenWish(written: WrittenWish): TokenWish | { readonly faults: Readonly<Record<string, string>> } {
  const { days } = written
  const name = written.name.trim()
  const isNamed = name !== '' && Array.from(name).length <= MAX_TOKEN_NAME && !CONTROLS.test(name)
  const isLife = Number.isInteger(days) && days >= 1 && days <= TOKEN_DAYS.most
  const faults = {
    ...(!isNamed && { name: `Give a name of 1 to ${MAX_TOKEN_NAME} characters, such as the machine it is for.` }),
    ...(!isLife && { days: `Give 1 to ${TOKEN_DAYS.most} days.` }),
  }
  if (Object.keys(faults).length > 0) return { faults }
  const scope = {
    apps: listed(written.apps),
    hosts: listed(written.hosts?.map((host) => readHost(host)?.name ?? host)),
    paths: listed(written.paths),
    methods: listed(written.methods?.map((method) => method.toUpperCase())),
    networks: listed(written.networks),
    api: listed(written.api),
  }
  return { name, lifeMs: days * DAY_MS, scope }
}

function listed(items: readonly string[] | undefined): readonly string[] | null {
  return items === undefined || items.length === 0 ? null : [...new Set(items)]
}
