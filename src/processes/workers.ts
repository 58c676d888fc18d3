import cluster from 'node:cluster'
import type { LoadedConfig } from '../config/settings.ts'
import type { Log } from '../observe/log.ts'
import type { Metrics } from '../observe/metrics.ts'
import { exposeTogether } from '../observe/register.ts'
import type { Figures } from '../observe/register.ts'
import { ALONE } from '../parts/crew.ts'
import type { Crew } from '../parts/crew.ts'
import { havePassedSockets, takePassedSockets } from '../web/passed-sockets.ts'
import { supervise } from './supervisor.ts'
import { openLink } from './worker-link.ts'

/** What a terminal sends to all processes at once, and the primary understands for all. */
const FOR_ALL = ['SIGHUP', 'SIGINT', 'SIGQUIT'] as const
const READY_MS = 10_000
const SIGHUP_ALONE =
  'SIGHUP ends this one process, since nobody would serve in its place meanwhile; with POSTERN_WORKERS of 2 or more, which need PostgreSQL, it replaces them one by one'

/**
 * Runs the server: in this process, or in as many workers as are set, which this process then only watches over.
 * @returns the exit code, once the workers have ended; at once where this process serves
 * @throws OperatorError when this process can't serve; what a worker can't do, it says itself
 */
export async function serveOnWorkers(loaded: LoadedConfig, log: Log, tell: (line: string) => void): Promise<number> {
  const { workers: size } = loaded.config
  if (size > 1 && cluster.isPrimary) {
    const onServing = (): void => tell(`Postern is ready: ${loaded.config.publicUrl.href}`)
    return supervise({ size, log, onServing, onPassedSockets: havePassedSockets(process.env, process.pid) })
  }
  // Only here, so that a primary holds no more than it needs.
  const { serve } = await import('./serve.ts')
  // Workers listen by what their primary holds, so its numbers count there too.
  const sockets = takePassedSockets(process.env, cluster.isWorker ? process.ppid : process.pid)
  if (cluster.isWorker) {
    await serve(loaded, log.child({ pid: process.pid }), { tell: () => undefined, crew: joinCrew(size, log), sockets })
  } else {
    await serve(loaded, log, { tell, crew: ALONE, sockets })
    process.prependOnceListener('SIGHUP', () => log.warn(SIGHUP_ALONE))
  }
  return 0
}

/** This process as one of several workers. */
function joinCrew(size: number, log: Log): Crew {
  const stop = Promise.withResolvers<void>()
  let figures = async (): Promise<Figures> => []
  const link = openLink(process, { stop: () => stop.resolve(), figures: () => figures() })
  const askAll = async (metrics: Metrics): Promise<readonly Figures[]> => {
    const own = await metrics.figures()
    return link.ask('all figures', { about: own }).then(
      (all) => all as readonly Figures[],
      () => [own],
    )
  }
  return {
    size,
    leads: () =>
      link
        .ask('leads')
        .then((answer) => answer === true)
        .catch(() => false),
    expose: async (metrics) => exposeTogether(await askAll(metrics)),
    figures: askAll,
    async ready(metrics) {
      figures = () => metrics.figures()
      await link.ask('ready', { withinMs: READY_MS })
    },
    async leave(metrics) {
      const leaving = metrics.figures().then((own) => link.ask('leave', { about: own }))
      await leaving.catch((error: unknown) => log.warn({ err: error }, 'the last counts are lost'))
    },
    onStop(end) {
      for (const signal of FOR_ALL) process.on(signal, () => undefined)
      process.on('SIGTERM', () => stop.resolve())
      void stop.promise.then(end)
    },
  }
}
