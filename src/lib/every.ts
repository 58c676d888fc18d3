/** Does something again and again, never twice at once; a failure is told and doesn't stop it. */
export function every(ms: number, work: () => Promise<void>, onError: (error: unknown) => void): { stop(): void } {
  let stopped = false
  let timer: NodeJS.Timeout
  const round = async (): Promise<void> => {
    await work().catch(onError)
    if (!stopped) schedule()
  }
  const schedule = (): void => {
    timer = setTimeout(() => void round(), ms).unref()
  }
  schedule()
  return {
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
