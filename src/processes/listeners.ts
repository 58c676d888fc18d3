import { keepSamplingLatency } from '../chores/monitor.ts'
import { keepTls } from '../chores/tls.ts'
import type { Certificates } from '../observe/certificates.ts'
import type { Check } from '../observe/health.ts'
import { createProgram } from '../observe/program.ts'
import type { Context } from '../parts/context.ts'
import type { Crew } from '../parts/crew.ts'
import { checksOf } from '../parts/health-checks.ts'
import type { PolicyWatch } from '../policies/policy-watch.ts'
import { createOpsApp, createPortalApp, createVerifyApp } from '../portal/app.ts'
import type { KeyValue } from '../store/key-value.ts'
import type { Replica } from '../store/replica.ts'
import type { Proxy } from '../verify/proxy.ts'
import { drain } from '../web/drain.ts'
import { listen } from '../web/listen.ts'
import type { PassedSockets } from '../web/passed-sockets.ts'

export interface Listening {
  readonly proxy: Proxy | null
  readonly watch: PolicyWatch | null
  readonly keyValue: KeyValue | null
  readonly replica: Replica | null
  readonly certificates: Certificates | null
  /** How those are that the audit log is sent to. */
  readonly sinks: Readonly<Record<string, Check>>
  readonly crew: Crew
  readonly sockets: PassedSockets
  readonly opened: AsyncDisposableStack
}

/** A stream without end must not hold up the stop for ever. */
const DRAIN = { lingerMs: 1_000, overdueMs: 7_000 }

/** Opens all listeners; at a stop each answers what is under way. */
export async function openListeners(
  context: Context,
  { proxy, watch, keyValue, replica, certificates, sinks, crew, sockets, opened }: Listening,
): Promise<void> {
  const { config } = context
  const { socketGroup } = config
  const kept = keepTls(context, opened)
  const checks = {
    ...checksOf(context, { watch, keyValue, replica, certificates }),
    ...sinks,
    ...(kept !== null && { tls: kept.health }),
  }
  const program = createProgram(checks, () => crew.figures(context.metrics))
  keepSamplingLatency(program, context.log, opened)
  const metrics = {
    ...context.metrics,
    expose: () => crew.expose(context.metrics),
    allFigures: () => crew.figures(context.metrics),
  }
  const apps = [
    {
      app: createOpsApp(metrics, checks),
      address: config.opsListen,
      setting: 'POSTERN_OPS_LISTEN',
      passed: sockets.ops,
    },
    {
      app: createVerifyApp(context, config.verifyListen.kind === 'tcp' ? kept?.tls.verify : undefined),
      address: config.verifyListen,
      setting: 'POSTERN_VERIFY_LISTEN',
      passed: sockets.verify,
    },
    {
      app: createPortalApp(context, proxy, program, config.listen.kind === 'tcp' ? kept?.tls.portal : undefined),
      address: config.listen,
      setting: 'POSTERN_LISTEN',
      passed: sockets.portal,
    },
  ]
  opened.defer(async () => {
    proxy?.endUpgraded()
    await Promise.all(apps.map(({ app }) => drain(app, DRAIN)))
  })
  for (const { app, address, ...own } of apps) await listen(app, address, { ...own, socketGroup })
}
