import { rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { FastifyInstance } from 'fastify'
import closeWithGrace from 'close-with-grace'
import { createOpsApp, createPortalApp, createVerifyApp } from './app.ts'
import { controlSocketPath } from './store/control-path.ts'
import { openControlSocket } from './commands/control.ts'
import type { Order, Reply } from './commands/control.ts'
import { runOrder } from './commands/registry.ts'
import type { Config, LoadedConfig } from './config/settings.ts'
import { createContext } from './context.ts'
import type { Context } from './context.ts'
import { startDemoApp } from './demo.ts'
import { OperatorError } from './errors.ts'
import { every } from './lib/every.ts'
import { offerFirstRun } from './login/first-run.ts'
import type { Check } from './observe/health.ts'
import type { Log } from './observe/log.ts'
import { applyPolicy } from './policies/apply.ts'
import { FIND_LATEST_POLICY } from './policies/policies-table.ts'
import { watchPolicyFile } from './policies/policy-watch.ts'
import type { PolicyWatch } from './policies/policy-watch.ts'
import { starterPolicy } from './starter-policy.ts'
import type { Database } from './store/database.ts'
import { openStore } from './store/open-store.ts'
import { PING } from './store/ping-table.ts'
import { createProxy } from './verify/proxy.ts'
import type { Proxy } from './verify/proxy.ts'
import { openUpstream } from './verify/upstream.ts'
import { listen } from './web/listen.ts'

const STOP_MS = 10_000
const DRAIN_MS = 7_000
const SWEEP_MS = 100
const FLUSH_MS = 30_000
const POLICY_MS = 1_000
/** Whom the versions name as the author of the policy of a first start. */
const STARTER = { by: 'postern', reason: 'first start' }
const FIRST_RUN_FILE = 'first-run-link.txt'

/** Runs the server until a signal ends it: what is under way is answered, then everything is closed in turn. */
export async function serve(loaded: LoadedConfig, log: Log, tell: (line: string) => void): Promise<void> {
  // What is made from here on is ours alone, until somebody is given a share by name.
  process.umask(0o077)
  const opened = new AsyncDisposableStack()
  try {
    await start(loaded, log, { opened, tell })
  } catch (error) {
    await opened.disposeAsync()
    throw error
  }
  closeWithGrace({ delay: STOP_MS, logger: false }, async ({ signal, err }) => {
    if (err === undefined) log.info({ signal }, 'stopping')
    else log.fatal({ err }, 'stopping after an error')
    await opened.disposeAsync()
    log.info('stopped')
  })
}

interface Start {
  /** What is open, closed in the opposite order. */
  readonly opened: AsyncDisposableStack
  readonly tell: (line: string) => void
}

async function start(loaded: LoadedConfig, log: Log, { opened, tell }: Start): Promise<void> {
  const { config, secrets } = loaded
  // Without its database the program can only end; thrown from here it ends as after any other bug.
  const onLost = (error: Error): void =>
    void setImmediate(() => {
      throw error
    })
  const onConnectionError = (err: Error): void => log.warn({ err }, 'a connection to PostgreSQL broke')
  const store = await openStore({ config, secrets, mayCreate: true, onLost, onConnectionError })
  opened.defer(() => store.close())
  const linkFile = secrets.databaseUrl === null ? join(resolve(config.dataDir), FIRST_RUN_FILE) : null
  const onFirstRunDone = async (): Promise<void> => {
    if (linkFile !== null) rmSync(linkFile, { force: true })
  }
  const context = await createContext({ loaded, store, log, onFirstRunDone })
  const watch = await startPolicy(context, opened)
  const proxy = await startProxy(context, opened)
  // Before the listeners, so that at a stop what they still answer is written as well.
  keepWritingLastSeen(context, opened)
  await openListeners(context, { proxy, watch, opened })
  if (secrets.databaseUrl === null) await openControl(context, opened)
  await greet(context, linkFile, tell)
}

/** The policy must be known before the first request is answered. */
async function startPolicy(context: Context, opened: AsyncDisposableStack): Promise<PolicyWatch | null> {
  const { config, database, policies, log } = context
  const watch = config.policyFile === null ? null : watchPolicyFile(config.policyFile, database, log)
  await watch?.check()
  await policies.refresh()
  if (policies.version === 0 && watch?.fault) throw new OperatorError(watch.fault)
  if (config.upstream !== null && (await isStarterPolicy(database))) {
    const source = starterPolicy(config.publicUrl, config.upstream === 'demo' ? 'demo' : 'own')
    await applyPolicy(database, { source, ...STARTER, onlyForward: false })
    await policies.refresh()
  }
  const look = async (): Promise<void> => {
    await watch?.check()
    await policies.refresh()
  }
  const timer = every(POLICY_MS, look, (error) => log.error({ err: error }, 'the policy can not be read'))
  opened.defer(() => timer.stop())
  return watch
}

/** True until somebody has applied a policy: what the demo leaves open must not stay so in front of another app. */
async function isStarterPolicy(database: Database): Promise<boolean> {
  const [latest] = await database.query(FIND_LATEST_POLICY)
  return latest === undefined || (latest.applied_by === STARTER.by && latest.reason === STARTER.reason)
}

async function startProxy(context: Context, opened: AsyncDisposableStack): Promise<Proxy | null> {
  const { config, gatewayParts, log } = context
  if (config.upstream === null) return null
  const url = config.upstream === 'demo' ? await startDemo(opened) : config.upstream
  const upstream = openUpstream(url)
  opened.defer(() => upstream.close())
  const { callers, sessionCookie } = gatewayParts
  const { listen: address, publicUrl } = config
  const ourCookies = [sessionCookie, '__Host-postern', '__Secure-postern']
  return createProxy({
    ...gatewayParts,
    log,
    upstream,
    listen: address,
    publicUrl,
    trustedProxies: callers.trustedProxies,
    ourCookies,
  })
}

async function startDemo(opened: AsyncDisposableStack): Promise<URL> {
  const { url, server } = await startDemoApp()
  opened.defer(() => void server.close())
  return url
}

interface Listening {
  readonly proxy: Proxy | null
  readonly watch: PolicyWatch | null
  readonly opened: AsyncDisposableStack
}

async function openListeners(context: Context, { proxy, watch, opened }: Listening): Promise<void> {
  const { config, metrics } = context
  const { socketGroup } = config
  const apps = [
    { app: createOpsApp(metrics, checksOf(context, watch)), address: config.opsListen, setting: 'POSTERN_OPS_LISTEN' },
    { app: createVerifyApp(context), address: config.verifyListen, setting: 'POSTERN_VERIFY_LISTEN' },
    { app: createPortalApp(context, proxy), address: config.listen, setting: 'POSTERN_LISTEN' },
  ]
  opened.defer(async () => {
    proxy?.endUpgraded()
    await Promise.all(apps.map(({ app }) => drain(app)))
  })
  for (const { app, address, setting } of apps) await listen(app, address, { setting, socketGroup })
}

/** Lets what is under way be answered, but a stream without end not hold up the stop for ever. */
async function drain(app: FastifyInstance): Promise<void> {
  // One that is kept alive becomes idle only after its answer.
  const sweep = setInterval(() => app.server.closeIdleConnections(), SWEEP_MS)
  const overdue = setTimeout(() => app.server.closeAllConnections(), DRAIN_MS)
  await app.close()
  clearInterval(sweep)
  clearTimeout(overdue)
}

function checksOf({ database, policies }: Context, watch: PolicyWatch | null): Readonly<Record<string, Check>> {
  return {
    database: async () => {
      await database.query(PING)
      return { status: 'ok' }
    },
    policy: () => {
      if (policies.version === 0)
        return { status: 'failing', detail: 'There is no policy yet. Run: postern policy apply policy.yaml' }
      return { status: 'ok', detail: [`version ${policies.version}`, watch?.fault ?? []].flat().join('. ') }
    },
  }
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

function keepWritingLastSeen({ sessions, log }: Context, opened: AsyncDisposableStack): void {
  const timer = every(
    FLUSH_MS,
    () => sessions.flush(),
    (error) => log.warn({ err: error }, 'last use of sessions is not written yet'),
  )
  opened.defer(async () => {
    timer.stop()
    await sessions.flush().catch((error: unknown) => log.warn({ err: error }, 'last use of sessions is lost'))
  })
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
