import { EN } from './en/en.ts'
import { matchMessage, splitAtPlaces } from './message.ts'
import type { Message, Values } from './message.ts'

/** All that pages and mails say, in English; every other language says the same under the same names. */
export type Catalogue = typeof EN
export type WordName = keyof Catalogue
/** What a language that came from a file has; English stands in for the rest. */
export type Translation = Readonly<Partial<Record<WordName, Message>>>

type Given<Name extends WordName, Value> = [keyof Values<Catalogue[Name], Value>] extends [never]
  ? [values?: Values<Catalogue[Name], Value>]
  : [values: Values<Catalogue[Name], Value>]

/** One language. */
export interface Words {
  /** BCP 47 tag, such as `de`. */
  readonly tag: string
  /** What speakers of it call it. */
  readonly endonym: string
  /** The text under a name, its places filled. Plain text: it is escaped where it is put into a page. */
  say<Name extends WordName>(name: Name, ...given: Given<Name, string | number>): string
  /** The text under a name with other things than text in its places, in turn, for what makes one of them. */
  parts<Name extends WordName, Value>(name: Name, ...given: Given<Name, Value>): readonly (string | Value)[]
  /** A sentence that a level below said in English, one of `fault.`; as it is where the catalogue doesn't have it. */
  retell(english: string): string
  /** A moment to the minute, in UTC. */
  time(moment: Date): string
  /** The same to the second. */
  exactTime(moment: Date): string
  date(moment: Date): string
  /** A length of time such as `90 minutes`, in the largest unit that says it exactly. */
  life(ms: number): string
  /** Such as `3 minutes`, rounded up, in the largest unit of which it takes two. */
  wait(seconds: number): string
  number(value: number): string
}

const UNITS = [
  ['time.days', 86_400],
  ['time.hours', 3_600],
  ['time.minutes', 60],
  ['time.seconds', 1],
] as const
const FAULTS = (Object.entries(EN) as [WordName, Message][]).flatMap(([name, message]) =>
  name.startsWith('fault.') && typeof message === 'string' ? [[name, message] as const] : [],
)

/** Builds a language; what `translation` lacks is said in English. */
export function createWords(tag: string, translation: Translation): Words {
  const plurals = new Intl.PluralRules(tag)
  const times = new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })
  const exactTimes = new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' })
  const dates = new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeZone: 'UTC' })
  const numbers = new Intl.NumberFormat(tag)
  const textOf = (name: WordName, values: object): string => {
    const message: Message = translation[name] ?? EN[name]
    if (typeof message === 'string') return message
    const count = 'count' in values && typeof values.count === 'number' ? values.count : 0
    return message[plurals.select(count)] ?? message.other
  }
  const partsOf = <Value>(name: WordName, values: Readonly<Record<string, Value>>): (string | Value)[] => {
    const { texts, names } = splitAtPlaces(textOf(name, values))
    return texts.flatMap((text, index) => {
      const value = values[names[index] ?? '']
      return value === undefined ? [text] : [text, value]
    })
  }
  const retell = (english: string): string => {
    for (const [name, message] of FAULTS) {
      const values = matchMessage(message, english)
      if (values !== null) return partsOf(name, values).join('')
    }
    return english
  }
  const show = (part: string | number): string => (typeof part === 'number' ? numbers.format(part) : part)
  const say: Words['say'] = (name, ...[values]) =>
    partsOf<string | number>(name, values ?? {})
      .map(show)
      .join('')
  const span = (unit: (typeof UNITS)[number] | undefined, seconds: number): string => {
    const [name, size] = unit ?? ['time.seconds', 1]
    return say(name, { count: Math.max(1, Math.ceil(seconds / size)) })
  }
  return {
    tag,
    endonym: new Intl.DisplayNames(tag, { type: 'language' }).of(tag) ?? tag,
    say,
    parts: (name, ...[values]) => partsOf(name, (values ?? {}) as Readonly<Record<string, never>>),
    retell,
    time: (moment) => times.format(moment),
    exactTime: (moment) => exactTimes.format(moment),
    date: (moment) => dates.format(moment),
    life: (ms) =>
      span(
        UNITS.find(([, size]) => ms % (size * 1_000) === 0),
        ms / 1_000,
      ),
    wait: (seconds) =>
      span(
        UNITS.find(([name, size]) => name !== 'time.days' && seconds >= 2 * size),
        seconds,
      ),
    number: (value) => numbers.format(value),
  }
}
