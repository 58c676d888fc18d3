/** What Postern counted its verify requests as, by the labels of its metric: `decision="allow",tier="l1"`. */
export type VerifyCounts = ReadonlyMap<string, number>

/** @param metricsUrl of the operators' listener @throws Error when that doesn't tell */
export async function readVerifyCounts(metricsUrl: string): Promise<VerifyCounts> {
  const answer = await fetch(metricsUrl, { signal: AbortSignal.timeout(5_000) })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${metricsUrl} answered ${answer.status}: ${text}`)
  return countsOf(text)
}

/** @param exposition text in the Prometheus format */
export function countsOf(exposition: string): VerifyCounts {
  const lines = exposition.matchAll(/^postern_verify_duration_seconds_count\{([^}]*)\} (\d+)$/gm)
  return new Map(Array.from(lines, ([, labels = '', count]) => [labels, Number(count)]))
}

/** Share, from 0 to 1, of what was counted between two readings that has these labels; 0 of nothing. */
export function shareOf(
  before: VerifyCounts,
  after: VerifyCounts,
  { decision, tier }: { decision: string; tier: string },
): number {
  const added = [...after].map(([labels, count]) => [labels, count - (before.get(labels) ?? 0)] as const)
  const all = added.reduce((sum, [, count]) => sum + count, 0)
  const fitting = added.filter(
    ([labels]) => labels.includes(`decision="${decision}"`) && labels.includes(`tier="${tier}"`),
  )
  return all === 0 ? 0 : fitting.reduce((sum, [, count]) => sum + count, 0) / all
}
