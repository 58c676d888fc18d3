// `npm install` leaves the packages of other platforms out of the lock file when the registry it asked does not
// serve them, and `npm ci` then refuses the lock. This adds them, without a digest, as optional entries.
import { readFileSync, writeFileSync } from 'node:fs'

interface LockEntry {
  version?: string
  dev?: boolean
  optional?: boolean
  cpu?: string[]
  os?: string[]
  libc?: string[]
  optionalDependencies?: Record<string, string>
}

const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'win32', 'openharmony', 'openbsd', 'netbsd', 'sunos', 'aix']
const PROCESSORS = ['arm64', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x', 'loong64', 'wasm32', 'arm']
const LOCK_FILE = 'package-lock.json'

const lock = JSON.parse(readFileSync(LOCK_FILE, 'utf8')) as { packages: Record<string, LockEntry> }
let added = 0
for (const [owner, entry] of Object.entries(lock.packages)) {
  if (owner === '') continue
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    const place = `node_modules/${name}`
    if (lock.packages[place] !== undefined) continue
    lock.packages[place] = platformEntry(name, range, entry.dev === true)
    added++
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(LOCK_FILE, `${JSON.stringify(lock, null, 2)}\n`)
process.stdout.write(`${LOCK_FILE}: ${added} entries added\n`)

function platformEntry(name: string, range: string, dev: boolean): LockEntry {
  const system = SYSTEMS.find((word) => name.includes(word))
  const processor = PROCESSORS.find((word) => new RegExp(`[-.]${word}(?![0-9a-z])`).test(name)) ?? armIn(name)
  const libc = name.includes('musl') ? 'musl' : system === 'linux' && name.includes('gnu') ? 'glibc' : undefined
  return {
    version: range.replace(/^[\^~]/, ''),
    ...(dev && { dev }),
    optional: true,
    ...(processor !== undefined && { cpu: [processor] }),
    ...(system !== undefined && { os: [system] }),
    ...(libc !== undefined && { libc: [libc] }),
  }
}

function armIn(name: string): string | undefined {
  return name.includes('arm') ? 'arm' : undefined
}
