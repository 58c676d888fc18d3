import { createDurations } from './durations.ts'
import type { DurationSeries } from './durations.ts'
import { MAX_LABEL_SETS, OTHER } from './register.ts'
import type { Figures, Register } from './register.ts'

export type Listener = 'portal' | 'ops'

/** What is told of the listeners, of the machine and of what grows old. */
export interface MachineMetrics {
  /**
   * A request was answered.
   * @param route pattern of the route table; undefined where none fits
   */
  answered(listener: Listener, route: string | undefined, status: number, seconds: number): void
  /** Ages of the purpose keys in use, in seconds, as last read. */
  keyAges(seconds: Readonly<Record<string, number>>): void
  /** Age of the last backup, in seconds, as last read; null where none is known. */
  backupAge(seconds: number | null): void
  /** A handshake with one of our listeners failed. */
  tlsRefused(listener: 'portal' | 'verify'): void
  /** Changed files of our own TLS came into use, or can't. */
  tlsFiles(outcome: 'taken' | 'refused'): void
  /** When certificates end, in seconds since 1970, by file. */
  certificates(ends: Readonly<Record<string, number>>): void
}

const ANSWER_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]
/** The label of a path that no route fits. */
const NO_ROUTE = '_none'

/** Told by every process, since one register makes all of them; the one that counts is that of the primary. */
const REPLACED = {
  name: 'postern_workers_replaced_total',
  help: 'Workers that ended by themselves or were killed, each of which another one took the place of.',
}

/** What the primary, which has no register, adds to the figures of its workers. */
export function replacedFigures(count: number): Figures {
  const counter = { ...REPLACED, type: 'counter', aggregator: 'sum', values: [{ labels: {}, value: count }] }
  return [counter] as unknown as Figures
}

/** As last read. */
interface Known {
  keyAges: Readonly<Record<string, number>>
  certificates: Readonly<Record<string, number>>
  backupAge: number | null
}

/** Makes the metrics of listeners and of what grows old. */
export function machineMetrics(register: Register): MachineMetrics {
  const known: Known = { keyAges: {}, certificates: {}, backupAge: null }
  register.counter(REPLACED.name, REPLACED.help)
  register.gauge('postern_key_age_seconds', 'Age of the keys in use, by purpose.', () => known.keyAges, {
    label: 'purpose',
    together: 'max',
  })
  register.gauge('postern_backup_age_seconds', 'Age of the last backup.', () => known.backupAge, { together: 'max' })
  register.gauge(
    'postern_certificate_expires_seconds',
    'Seconds until the certificate in a file ends, of POSTERN_CERTIFICATE_FILES and our own; negative once it has.',
    () => Object.fromEntries(Object.entries(known.certificates).map(([file, end]) => [file, end - nowSeconds()])),
    { label: 'file', together: 'min' },
  )
  const refused = register.counter('postern_tls_refused_total', 'TLS handshakes with our listeners that failed.', [
    'listener',
  ])
  const files = register.counter('postern_tls_files_total', 'Changed files of our own TLS, by what became of them.', [
    'outcome',
  ])
  return {
    answered: answers(register),
    tlsRefused: (listener) => refused({ listener }),
    tlsFiles: (outcome) => files({ outcome }),
    backupAge: (seconds) => void (known.backupAge = seconds),
    keyAges: (seconds) => void (known.keyAges = seconds),
    certificates: (ends) => void (known.certificates = ends),
  }
}

function answers(register: Register): MachineMetrics['answered'] {
  const durations = createDurations(
    'postern_http_request_duration_seconds',
    'Time to answer a request, by listener, route and class of the status.',
    ANSWER_BUCKETS,
  )
  register.histogram(durations)
  const known = new Map<string, DurationSeries>()
  const seriesOf = (listener: Listener, route: string, status: string): DurationSeries => {
    const key = `${listener} ${status} ${route}`
    const found = known.get(key)
    if (found !== undefined) return found
    if (known.size >= MAX_LABEL_SETS && route !== OTHER) return seriesOf(listener, OTHER, status)
    const added = durations.add({ listener, route, status })
    known.set(key, added)
    return added
  }
  return (listener, route = NO_ROUTE, status, seconds) =>
    seriesOf(listener, route, `${Math.trunc(status / 100)}xx`).observe(seconds)
}

function nowSeconds(): number {
  return Date.now() / 1_000
}
