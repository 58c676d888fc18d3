import { readIcon } from '../policies/app-card.ts'
import type { AppIcon } from '../policies/app-card.ts'
import type { CompiledPolicy } from '../policies/compile.ts'

/** The images that apps have by the policy in force. */
export interface AppIcons {
  /** Null for an app with letters, or with nothing. */
  ofApp(name: string): AppIcon | null
  /** By the digest of the content. */
  find(digest: string): AppIcon | null
}

interface Read {
  readonly policy: CompiledPolicy
  readonly byApp: ReadonlyMap<string, AppIcon>
  readonly byDigest: ReadonlyMap<string, AppIcon>
}

/** Reads each policy's images once. */
export function createAppIcons(policy: () => CompiledPolicy): AppIcons {
  let known: Read | null = null
  const read = (): Read => {
    const current = policy()
    if (known?.policy !== current) known = readAll(current)
    return known
  }
  return {
    ofApp: (name) => read().byApp.get(name) ?? null,
    find: (digest) => read().byDigest.get(digest) ?? null,
  }
}

function readAll(policy: CompiledPolicy): Read {
  const byApp = new Map<string, AppIcon>()
  for (const { name, source } of policy.apps.values()) {
    const icon = readIcon(source.card?.icon ?? '')
    if (icon !== null) byApp.set(name, icon)
  }
  return { policy, byApp, byDigest: new Map([...byApp.values()].map((icon) => [icon.digest, icon])) }
}
