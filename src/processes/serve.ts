import { rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import closeWithGrace from 'close-with-grace'
import { keepLearningPlaces, keepNoticing } from '../chores/anomalies.ts'
import { keepSealing } from '../chores/audit.ts'
import {
  keepClosingGrants,
  keepPolicy,
  keepPruning,
  keepReadingChanges,
  keepSendingMails,
  keepWritingDecisions,
  keepWritingLastSeen,
} from '../chores/chores.ts'
import { keepDelivering } from '../chores/delivery.ts'
import { keepKeys } from '../chores/keys.ts'
import { keepTellingOfProgram, keepWritingEvents } from '../chores/events.ts'
import { keepCounting, keepReadingCertificates } from '../chores/monitor.ts'
import { openControlSocket } from '../commands/control.ts'
import type { Order, Reply } from '../commands/control.ts'
import { runOrder } from '../commands/registry.ts'
import type { Config, LoadedConfig } from '../config/settings.ts'
import { offerFirstRun } from '../login/first-run.ts'
import type { Log } from '../observe/log.ts'
import { createMetrics } from '../observe/metrics.ts'
import { createContext } from '../parts/context.ts'
import type { Context } from '../parts/context.ts'
import type { Crew } from '../parts/crew.ts'
import { openSecondTier } from '../parts/second-tier.ts'
import { startTracing, traceStores } from '../parts/start-tracing.ts'
import { tellOfDatabase } from '../parts/tell-of-database.ts'
import { controlSocketPath } from '../store/control-path.ts'
import { openStore } from '../store/open-store.ts'
import { createProxy } from '../verify/proxy.ts'
import type { Proxy } from '../verify/proxy.ts'
import { createTracedProxy } from '../verify/traced-proxy.ts'
import { openUpstream } from '../verify/upstream.ts'
import type { PassedSockets } from '../web/passed-sockets.ts'
import { startDemoApp } from './demo.ts'
import { openListeners } from './listeners.ts'

const STOP_MS = 10_000
/** Where several processes serve, these reach all of them at once and are the primary's to understand. */
const FOR_PRIMARY: closeWithGrace.Signals[] = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM']
const FIRST_RUN_FILE = 'first-run-link.txt'

export interface ServeOptions {
  /** For a person at a terminal. */
  readonly tell: (line: string) => void
  readonly crew: Crew
  /** Sockets that listen already, and are taken in place of new ones. */
  readonly sockets: PassedSockets
}

/** Runs the server until it is to end: what is under way is answered, then everything is closed in turn. */
export async function serve(loaded: LoadedConfig, log: Log, options: ServeOptions): Promise<void> {
  // What is made from here on is ours alone, until somebody is given a share by name.
  process.umask(0o077)
  const opened = new AsyncDisposableStack()
  try {
    await start(loaded, log, { opened, ...options })
  } catch (error) {
    await opened.disposeAsync()
    throw error
  }
  const { crew } = options
  const skip = crew.size > 1 ? FOR_PRIMARY : []
  const { close } = closeWithGrace({ delay: STOP_MS, logger: false, skip }, async ({ signal, err }) => {
    if (err === undefined) log.info({ signal }, 'stopping')
    else log.fatal({ err }, 'stopping after an error')
    await opened.disposeAsync()
    log.info('stopped')
  })
  crew.onStop(close)
}

interface Start extends ServeOptions {
  /** What is open, closed in the opposite order. */
  readonly opened: AsyncDisposableStack
}

async function start(loaded: LoadedConfig, log: Log, { opened, tell, crew, sockets }: Start): Promise<void> {
  const { config, secrets } = loaded
  const shared = { ...config, databasePool: Math.floor(config.databasePool / crew.size) }
  // Without its database the program can only end; thrown from here it ends as after any other bug.
  const onLost = (error: Error): void =>
    void setImmediate(() => {
      throw error
    })
  const metrics = createMetrics()
  const told = tellOfDatabase({ metrics, log, slowMs: config.slowQuery })
  const store = await openStore({ config: shared, secrets, mayCreate: true, onLost, ...told })
  opened.defer(() => store.close())
  const linkFile = secrets.databaseUrl === null ? join(resolve(config.dataDir), FIRST_RUN_FILE) : null
  const onFirstRunDone = async (): Promise<void> => {
    if (linkFile !== null) rmSync(linkFile, { force: true })
  }
  const keyValue = openSecondTier(secrets, log, metrics)
  opened.defer(() => keyValue?.close())
  const tracing = await startTracing(loaded, log, opened)
  const context = await createContext({
    loaded,
    ...traceStores({ store, keyValue }, tracing),
    log,
    tracing,
    metrics,
    onFirstRunDone,
  })
  tracing?.onDropped((count) => context.metrics.spansDropped(count))
  opened.defer(() => crew.leave(context.metrics))
  keepReadingChanges(context, store.servers, opened)
  keepKeys(context, opened)
  // Before the listeners, so that at a stop what they still answer is written as well.
  keepSealing(context, opened)
  keepWritingLastSeen(context, opened)
  keepWritingDecisions(context, opened)
  keepWritingEvents(context, opened)
  await keepTellingOfProgram(context, loaded, { crew, opened })
  keepLearningPlaces(context, opened)
  keepNoticing(context, opened)
  keepClosingGrants(context, opened)
  keepPruning(context, opened)
  await keepSendingMails(context, secrets, opened)
  const sinks = keepDelivering(context, secrets, opened)
  await keepCounting(context, crew, opened)
  const certificates = await keepReadingCertificates(context, opened)
  const watch = await keepPolicy(context, { crew, opened })
  const proxy = await startProxy(context, opened)
  const shown = { proxy, watch, keyValue, replica: store.replica ?? null, certificates }
  await openListeners(context, { ...shown, sinks, crew, sockets, opened })
  if (secrets.databaseUrl === null) await openControl(context, opened)
  await greet(context, linkFile, tell)
  await crew.ready(context.metrics)
}

async function startProxy(context: Context, opened: AsyncDisposableStack): Promise<Proxy | null> {
  const { config, gatewayParts, log, look } = context
  if (config.upstream === null) return null
  const url = config.upstream === 'demo' ? await startDemo(opened) : config.upstream
  const upstream = openUpstream(url)
  opened.defer(() => upstream.close())
  const { callers, cookies } = gatewayParts
  const { listen: address, publicUrl } = config
  const ourCookies = [cookies.names.portal, '__Host-postern', '__Secure-postern']
  const parts = {
    ...gatewayParts,
    log,
    look,
    upstream,
    listen: address,
    publicUrl,
    trustedProxies: callers.trustedProxies,
    ourCookies,
  }
  return context.tracing === null ? createProxy(parts) : createTracedProxy(parts, context.tracing)
}

async function startDemo(opened: AsyncDisposableStack): Promise<URL> {
  const { url, server } = await startDemoApp()
  opened.defer(() => void server.close())
  return url
}

async function openControl(context: Context, opened: AsyncDisposableStack): Promise<void> {
  const run = (order: Order): Promise<Reply> =>
    runOrder(context, order).catch((error: unknown) => {
      context.log.error({ err: error, command: order.command }, 'a command failed')
      throw error
    })
  const server = await openControlSocket(controlSocketPath(context.config.dataDir), run)
  opened.defer(() => void server.close())
}

/** Tells a person at a terminal where to go on. The link itself is a secret, so only its file is named. */
async function greet(
  { config, database, keys, log, policies }: Context,
  linkFile: string | null,
  tell: (line: string) => void,
): Promise<void> {
  log.info({ publicUrl: config.publicUrl.href }, 'ready')
  tell(`Postern is ready: ${config.upstream === null ? config.publicUrl.href : config.publicUrl.origin}`)
  if (policies.version === 0) {
    tell('There is no policy yet, so every request is forbidden. Apply one: postern policy apply policy.yaml')
  }
  if (linkFile === null) return
  const token = await offerFirstRun(database, keys.token)
  if (token === null) return rmSync(linkFile, { force: true })
  writeFileSync(linkFile, `${firstRunUrl(config, token)}\n`, { mode: 0o600 })
  tell(`To make the first administrator, open the link in ${linkFile}`)
}

function firstRunUrl({ publicUrl }: Config, token: string): string {
  return `${publicUrl.origin}${publicUrl.pathname.replace(/\/$/, '')}/invite/${token}`
}
