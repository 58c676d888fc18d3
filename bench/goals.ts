import { NGINX_CASE, OTHER_CASE, WARM_CASE } from './cases.ts'
import type { DirectRow } from './direct.ts'
import type { Row } from './measure.ts'
import { finding } from './sessions/finding.ts'
import type { Finding } from './sessions/finding.ts'

/** Of what nginx itself spends on the request (DESIGN 8). */
export const OF_NGINX_SHARE = 0.6
/** Of what nginx as gateway spends on a verify. */
export const OF_RETURN_204 = 1.25
/** Of what another gateway spends. */
const OF_OTHER = 0.33

type CpuOf = (name: string) => number | null

/** What verify is to reach and what it does reach; a goal is left out when one of its two figures is unknown. */
export function verifyGoals(rows: readonly Row[], direct: readonly DirectRow[]): Finding[] {
  const behind = cpuOf(rows)
  const asked = cpuOf(direct)
  const nginxShare = rows.find((row) => row.case === WARM_CASE)?.nginx_cpu_us ?? null
  const goals: readonly (readonly [what: string, own: number | null, theirs: number | null, atMost: number])[] = [
    ["gateway against nginx's own share", behind(WARM_CASE), nginxShare, OF_NGINX_SHARE],
    ['against nginx return 204, behind nginx', behind(WARM_CASE), behind(NGINX_CASE), OF_RETURN_204],
    ['against nginx return 204, unix', asked('postern, unix'), asked('nginx return 204, unix'), OF_RETURN_204],
    ['against nginx return 204, tcp', asked('postern, tcp'), asked('nginx return 204, tcp'), OF_RETURN_204],
    ['against the other gateway, behind nginx', behind(WARM_CASE), behind(OTHER_CASE), OF_OTHER],
  ]
  return goals.flatMap(([what, own, theirs, atMost]) =>
    own === null || theirs === null ? [] : [finding(what, own / theirs, 'times', atMost)],
  )
}

/** What nginx spends that is asked over the same kind of listener. Null for a case that names none. */
export function returnOf204(name: string, direct: readonly DirectRow[]): number | null {
  const over = name.split(', ')[1]
  return over === undefined ? null : cpuOf(direct)(`nginx return 204, ${over}`)
}

function cpuOf(rows: readonly { readonly case: string; readonly gateway_cpu_us: number | null }[]): CpuOf {
  return (name) => rows.find((row) => row.case === name)?.gateway_cpu_us ?? null
}
