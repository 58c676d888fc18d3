import { every } from '../lib/every.ts'
import type { PartHealth } from '../observe/health.ts'
import type { Log } from '../observe/log.ts'
import type { Context } from '../parts/context.ts'
import { tlsFilesOf, untimely } from '../web/tls-files.ts'
import { openTls } from '../web/tls.ts'
import type { Listener, Tls } from '../web/tls.ts'

/** TLS of our listeners, and how its files are. */
export interface KeptTls {
  readonly tls: Tls
  readonly health: () => PartHealth
}

/** Files count once two looks found the same, so within twice this time. */
const LOOK_MS = 1_000
/** Anybody can fail a handshake, as often as he likes. */
const TOLD_MS = 60_000

/**
 * Has listeners speak TLS and takes renewed files over, or gives null where none are set.
 * @throws OperatorError when the files can't be used at the start; later those in use go on, and it is told once
 */
export function keepTls({ config, metrics, log }: Context, opened: AsyncDisposableStack): KeptTls | null {
  const files = tlsFilesOf(config)
  if (files === null) return null
  const tell = tellSeldom(log)
  const onRefused = (listener: Listener, code: string): void => {
    metrics.tlsRefused(listener)
    tell(listener, code)
  }
  const tls = openTls({ files, clientNames: config.verifyClientNames, onRefused })
  for (const sentence of untimely(tls.texts, files, Date.now())) log.warn(sentence)
  let fault: string | null = null
  const look = async (): Promise<void> => {
    if (tls.look() === 'taken') {
      metrics.tlsFiles('taken')
      log.info({ certificate: files.certificate }, 'the new certificate is in use')
    }
    fault = null
  }
  const refused = (error: unknown): void => {
    const told = error instanceof Error ? error.message : String(error)
    if (told === fault) return
    fault = told
    metrics.tlsFiles('refused')
    log.error({ fault }, 'the new certificate is not taken: the one before goes on')
  }
  const timer = every(LOOK_MS, look, refused)
  opened.defer(() => timer.stop())
  const health = (): PartHealth => {
    const detail = fault ?? untimely(tls.texts, files, Date.now()).join(' ')
    return detail === '' ? { status: 'ok' } : { status: 'degraded', detail }
  }
  return { tls, health }
}

/** Each reason at a listener once in a while. */
function tellSeldom(log: Pick<Log, 'warn'>): (listener: Listener, code: string) => void {
  const told = new Map<string, number>()
  return (listener, code) => {
    const key = `${listener} ${code}`
    const now = performance.now()
    if (now - (told.get(key) ?? Number.NEGATIVE_INFINITY) < TOLD_MS) return
    told.set(key, now)
    log.warn({ listener, code }, 'a TLS handshake failed; more of these are only counted')
  }
}
