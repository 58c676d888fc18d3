import { join } from 'node:path'
import { startNginx } from '../test/support/nginx.ts'
import { openAccessLog } from './access-log.ts'
import type { AccessLog } from './access-log.ts'
import type { Against } from './against.ts'
import { HOSTS } from './cases.ts'
import type { GatewayName } from './cases.ts'
import { startGateway } from './gateways.ts'
import type { Gateway } from './gateways.ts'
import { asTestContext, openPlace } from './place.ts'
import type { Place, PlaceOptions } from './place.ts'
import { openRecorder, RECORDED_HOSTS } from './recorder.ts'
import type { Recorder } from './recorder.ts'
import { benchSite } from './site.ts'
import type { ProtectedHost } from './site.ts'

export type Gateways = ReadonlyMap<GatewayName, Gateway>

/** Everything that is measured, running. */
export interface Environment {
  readonly place: Place
  readonly httpsPort: number
  /** Its master; the workers are the children. */
  readonly nginxPid: number
  readonly accessLog: AccessLog
  readonly gateways: Gateways
  readonly recorder: Recorder
}

export interface EnvironmentOptions extends PlaceOptions {
  /** Those that are started; `postern` must be among them. */
  readonly names: ReadonlySet<GatewayName>
  readonly against: Against | null
}

/** Starts PostgreSQL with people in it, the gateways, and one nginx before them all. They end with `opened`. */
export async function openEnvironment(options: EnvironmentOptions): Promise<Environment> {
  const { opened, signal, progress, names, against } = options
  const place = await openPlace(options)
  progress('starting the gateways and nginx')
  const gateways = new Map<GatewayName, Gateway>()
  for (const name of names) {
    signal.throwIfAborted()
    const gateway = await startGateway(name, { place, against, opened })
    if (gateway !== null) gateways.set(name, gateway)
  }
  const recorder = await openRecorder(place.folder, opened)
  return { place, ...(await startFront(gateways, { place, recorder, opened })), gateways, recorder }
}

interface Front {
  readonly place: Place
  readonly recorder: Recorder
  readonly opened: AsyncDisposableStack
}

async function startFront(
  gateways: Gateways,
  { place, recorder, opened }: Front,
): Promise<Pick<Environment, 'httpsPort' | 'nginxPid' | 'accessLog'>> {
  const own = gateways.get('postern')
  const app = `unix:${place.folder}/app.sock`
  const accessLog = join(place.folder, 'requests.log')
  const others = [...protectedHosts(gateways), ...recordedHosts(gateways, recorder), { host: HOSTS.none, verify: null }]
  const { httpsPort, pid } = await startNginx(asTestContext(opened), {
    host: HOSTS.postern,
    verify: own?.address ?? '',
    portal: own?.portal ?? '',
    app,
    edit: (siteConf) => benchSite(siteConf, { host: HOSTS.postern, others, app, accessLog }),
  })
  return { httpsPort, nginxPid: pid, accessLog: openAccessLog(accessLog) }
}

function protectedHosts(gateways: Gateways): ProtectedHost[] {
  const others = [...gateways].filter(([name]) => name !== 'postern')
  return others.map(([name, { address, target }]) => ({
    host: HOSTS[name],
    verify: address,
    ...(name === 'against' && { target }),
  }))
}

function recordedHosts(gateways: Gateways, { address: verify }: Recorder): ProtectedHost[] {
  const other = gateways.get('against')
  const own = { host: RECORDED_HOSTS.own, verify }
  return other === undefined ? [own] : [own, { host: RECORDED_HOSTS.other, verify, target: other.target }]
}
