/** A text with places such as `{name}`, or one for each plural form that the language has, told by `{count}`. */
export type Message = string | Plural

export type Plural = Readonly<Partial<Record<Intl.LDMLPluralRule, string>> & { readonly other: string }>

/** Names of the places in a text. */
export type Places<Text> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Places<Rest> : never

/** What has to be given to say a message. */
export type Values<M, Value> = M extends string
  ? { readonly [Name in Places<M>]: Value }
  : { readonly count: number } & { readonly [Name in Exclude<Places<M[keyof M]>, 'count'>]: Value }

const PLACE = /\{(\w+)\}/g

/** The texts of a message, one for each of its forms. */
export function textsOf(message: Message): readonly string[] {
  return typeof message === 'string' ? [message] : Object.values(message)
}

/** Names of the places in a message, those of all its forms together. */
export function placesOf(message: Message): ReadonlySet<string> {
  return new Set(textsOf(message).flatMap((text) => [...text.matchAll(PLACE)].map(([, name = '']) => name)))
}

/** The texts around the places, and the names of these between them: one more text than names. */
export function splitAtPlaces(text: string): { readonly texts: readonly string[]; readonly names: readonly string[] } {
  const parts = text.split(PLACE)
  return { texts: parts.filter((_, index) => index % 2 === 0), names: parts.filter((_, index) => index % 2 === 1) }
}

/** What stood in the places of a message to give this text; null where it didn't come of the message. */
export function matchMessage(message: string, text: string): Readonly<Record<string, string>> | null {
  const { texts, names } = splitAtPlaces(message)
  const [first = '', ...others] = texts.map((each) => each.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  const found = new RegExp(`^${first}${others.map((other) => `(.*)${other}`).join('')}$`, 's').exec(text)
  return found === null ? null : Object.fromEntries(names.map((name, index) => [name, found[index + 1] ?? '']))
}
