import { SUM_EVENTS } from '../audit/event-sums-table.ts'
import { READ_BACKUP_AGE } from '../audit/last-backup-table.ts'
import type { Config } from '../config/settings.ts'
import { READ_KEY_AGES } from '../credentials/key-ages-table.ts'
import { every } from '../lib/every.ts'
import { openCertificates } from '../observe/certificates.ts'
import type { Certificates } from '../observe/certificates.ts'
import type { Latency } from '../observe/latency.ts'
import type { Log } from '../observe/log.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Program } from '../observe/program.ts'
import type { Context } from '../parts/context.ts'
import type { Crew } from '../parts/crew.ts'
import { COUNT_SIGN_INS } from '../sessions/count-sign-ins-table.ts'

type CertificateConfig = Pick<Config, 'certificateFiles' | 'tlsCertificateFile' | 'verifyClientCaFile'>

const COUNT_MS = 60_000
const CERTIFICATES_MS = 3_600_000

/** Counts once a minute, in one process of the machine, what is too much to count whenever somebody looks. */
export async function keepCounting(
  { database, metrics, log }: Pick<Context, 'database' | 'metrics' | 'log'>,
  crew: Pick<Crew, 'leads'>,
  opened: AsyncDisposableStack,
): Promise<void> {
  const count = async (): Promise<void> => {
    if (!(await crew.leads())) return forget(metrics)
    const [counted] = await database.query(COUNT_SIGN_INS)
    metrics.sessionsActive(counted?.count ?? null)
    await database.query(SUM_EVENTS)
    const [backup] = await database.query(READ_BACKUP_AGE)
    metrics.backupAge(backup?.age_seconds ?? null)
    const keys = await database.query(READ_KEY_AGES)
    metrics.keyAges(Object.fromEntries(keys.map(({ purpose, age_seconds: age }) => [purpose, age])))
  }
  const failed = (error: unknown): void => log.warn({ err: error }, 'what is counted once a minute can not be')
  await count().catch(failed)
  const timer = every(COUNT_MS, count, failed)
  opened.defer(() => timer.stop())
}

/** Looks once a minute how long verify took, for whoever looks at the console later. */
export function keepSamplingLatency(
  { latency, figures }: Pick<Program, 'figures'> & { readonly latency: Latency },
  log: Pick<Log, 'debug'>,
  opened: AsyncDisposableStack,
): void {
  const sample = async (): Promise<void> => latency.sample(await figures(), new Date())
  const timer = every(COUNT_MS, sample, (error) => log.debug({ err: error }, 'latency is not looked at'))
  opened.defer(() => timer.stop())
}

/** Reads now and every hour when certificates end; null where no files are named. */
export async function keepReadingCertificates(
  { config, metrics, log }: Pick<Context, 'metrics' | 'log'> & { readonly config: CertificateConfig },
  opened: AsyncDisposableStack,
): Promise<Certificates | null> {
  const { certificateFiles, tlsCertificateFile, verifyClientCaFile } = config
  const files = [...(certificateFiles ?? []), tlsCertificateFile, verifyClientCaFile].filter((file) => file !== null)
  if (files.length === 0) return null
  const certificates = openCertificates([...new Set(files)])
  const read = async (): Promise<void> => {
    await certificates.read()
    metrics.certificates(certificates.ends)
    const { status, detail } = certificates.health(Date.now())
    if (status !== 'ok') log.warn({ detail }, 'a certificate ends soon, or can not be read')
  }
  await read()
  const timer = every(CERTIFICATES_MS, read, (error) => log.warn({ err: error }, 'certificates can not be read'))
  opened.defer(() => timer.stop())
  return certificates
}

function forget(metrics: Metrics): void {
  metrics.sessionsActive(null)
  metrics.keyAges({})
  metrics.backupAge(null)
}
