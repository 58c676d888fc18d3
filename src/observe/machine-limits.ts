import { readFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import type { MachineLimits } from './gauges.ts'

const CGROUPS = '/sys/fs/cgroup'

/** What this process may use: the limits of its cgroup where there are some, or what the machine has. */
export function machineLimits(): MachineLimits {
  const quotas = cgroupsOf(readOr('/proc/self/cgroup', '')).map((path) => cpusOf(readOr(join(path, 'cpu.max'), '')))
  const limit = process.constrainedMemory()
  return {
    memoryBytes: limit > 0 ? Math.min(limit, totalmem()) : totalmem(),
    cpus: Math.min(availableParallelism(), ...quotas),
  }
}

/** Folders of a process's own cgroup and of all above it, whose limits count as well (cgroup v2). */
export function cgroupsOf(text: string): string[] {
  const own = /^0::(\/.*)$/m.exec(text)?.[1]
  if (own === undefined) return []
  const folders = [own]
  for (let path = own; path !== '/'; path = dirname(path)) folders.push(dirname(path))
  return folders.map((path) => join(CGROUPS, path))
}

/** @param text of `cpu.max`: a quota or `max`, and its period, in µs */
export function cpusOf(text: string): number {
  const [, quota, period] = /^(\d+) (\d+)\s*$/.exec(text) ?? []
  const cpus = Number(quota) / Number(period)
  return cpus > 0 ? cpus : Infinity
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return otherwise
  }
}
