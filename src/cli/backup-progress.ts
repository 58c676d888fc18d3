const TELL_EVERY_MS = 250
const MIB = 1_048_576

export interface Progress {
  tell(done: number, ofAbout: number): void
  end(): void
}

/** Says on a terminal how far something has come and how fast it goes; else nothing. */
export function createProgress(what: string, unit: 'rows' | 'MiB'): Progress {
  if (!process.stderr.isTTY) return { tell: () => {}, end: () => {} }
  const startedAt = performance.now()
  let toldAt = Number.NEGATIVE_INFINITY
  let line = ''
  return {
    tell(done, ofAbout) {
      const now = performance.now()
      line = describe({ what, unit, done, ofAbout, seconds: (now - startedAt) / 1_000 })
      if (now - toldAt < TELL_EVERY_MS) return
      toldAt = now
      process.stderr.write(`\r${line}`)
    },
    end: () => void process.stderr.write(`\r${line}\n`),
  }
}

function describe({ what, unit, done, ofAbout, seconds }: Figures): string {
  const scale = unit === 'MiB' ? MIB : 1
  const count = Math.floor(done / scale)
  // A count of the server's own lags behind what is really there.
  const share = ofAbout > 0 ? `, ${Math.min(100, Math.floor((100 * done) / ofAbout))} %` : ''
  const rate = seconds >= 1 ? `, ${Math.round(done / scale / seconds)} ${unit} a second` : ''
  return `${what}: ${count} ${unit}${share}${rate}`.padEnd(60)
}

interface Figures {
  readonly what: string
  readonly unit: 'rows' | 'MiB'
  readonly done: number
  readonly ofAbout: number
  readonly seconds: number
}
