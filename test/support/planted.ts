import { randomBytes } from 'node:crypto'

/** What must never be told, by names that say what each is. */
export interface Planted {
  /** Makes and remembers a secret of letters and digits. */
  readonly plant: (name: string) => string
  /** Remembers one that the program made. */
  readonly found: (name: string, secret: string) => string
  /** Each place where a text tells a secret, in any spelling, or 20 characters of one. */
  readonly leaksIn: (where: string, text: string) => readonly string[]
}

const WINDOW = 20
/** Around what was found, to tell where it stands; never the secret itself. */
const SHOWN = 60

/** Starts without any. */
export function createPlanted(): Planted {
  const windows = new Map<string, string>()
  const short = new Map<string, string>()
  const remember = (name: string, secret: string): string => {
    if (secret === '') throw new Error(`${name} is empty`)
    for (const spelt of spellings(secret)) {
      if (spelt.length < WINDOW) short.set(spelt, name)
      for (let at = 0; at + WINDOW <= spelt.length; at++) windows.set(spelt.slice(at, at + WINDOW), name)
    }
    return secret
  }
  const at = (where: string, text: string, index: number, name: string): string =>
    `${name} in ${where}: ${text.slice(Math.max(0, index - SHOWN), index).replaceAll('\n', ' ')}…`
  return {
    plant: (name) => remember(name, randomBytes(24).toString('base64').replace(/\W/g, 'x')),
    found: remember,
    leaksIn(where, text) {
      const leaks = new Map<string, string>()
      for (let index = 0; index + WINDOW <= text.length; index++) {
        const name = windows.get(text.slice(index, index + WINDOW))
        if (name !== undefined && !leaks.has(name)) leaks.set(name, at(where, text, index, name))
      }
      for (const [secret, name] of short) {
        const index = text.search(new RegExp(`(?<![\\w.])${secret.replace(/\W/g, '\\$&')}(?![\\w.])`))
        if (index !== -1 && !leaks.has(name)) leaks.set(name, at(where, text, index, name))
      }
      return [...leaks.values()]
    },
  }
}

/** As it is, percent-encoded, as hex, and as base64 wherever in a longer text it begins. */
function spellings(secret: string): ReadonlySet<string> {
  const bytes = Buffer.from(secret)
  const hex = bytes.toString('hex')
  const everyByte = hex.replace(/../g, '%$&')
  const base64 = [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    // What shares its bits with the neighbours is theirs as much as the secret's.
    const own = text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6))
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')]
  })
  const hexes = [hex, hex.toUpperCase(), everyByte, everyByte.toUpperCase()]
  const written = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]
  // Of a short one, such as a code of six digits, the beginning of a base64 text would be found anywhere.
  return new Set(secret.length < WINDOW / 2 ? written : [...written, ...hexes, ...base64])
}
