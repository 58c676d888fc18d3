import { findSlots, isOpenAttribute, isUrlAttribute } from './template-slots.ts'
import type { Slot } from './template-slots.ts'

const MARKUP: unique symbol = Symbol('markup')
const ATTRIBUTES: unique symbol = Symbol('attributes')

/** Markup that only `html` makes, so that every text in it has been escaped. */
export interface Html {
  readonly [MARKUP]: string
}

/** Attributes that only `attributes` makes. */
export interface Attributes {
  readonly [ATTRIBUTES]: string
}

/** What may stand in a template. False, null and undefined write nothing between tags and throw in an attribute. */
export type Value = Html | Attributes | string | number | false | null | undefined | readonly Value[]

// Findings about literals of the source, which never change; a template that is collected takes its entry along.
const SLOTS = new WeakMap<TemplateStringsArray, readonly Slot[]>()

/**
 * A piece of a page. Texts are escaped, Html values pass as they are; an address that fills an attribute goes through
 * `safeUrl`. Values stand between tags, in quoted attribute values, or as `attributes(…)` inside a tag.
 * @throws TypeError at the first use of a template that has a value anywhere else
 */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  const slots = slotsOf(strings)
  let markup = strings[0] ?? ''
  for (const [index, value] of values.entries()) {
    markup += write(slots[index] ?? 'text', value) + (strings[index + 1] ?? '')
  }
  return { [MARKUP]: markup }
}

/** Attributes of one tag: true writes the bare name, false and null leave the attribute out. */
export function attributes(pairs: Readonly<Record<string, string | number | boolean | null>>): Attributes {
  let markup = ''
  for (const [name, value] of Object.entries(pairs)) {
    if (!isOpenAttribute(name)) throw new TypeError(`${name} can't be written as an attribute`)
    if (value === false || value === null) continue
    markup += value === true ? ` ${name}` : ` ${name}="${write(isUrlAttribute(name) ? 'url' : 'attribute', value)}"`
  }
  return { [ATTRIBUTES]: markup }
}

/** The markup as text to send. */
export function toText(markup: Html): string {
  return markup[MARKUP]
}

/**
 * The address when it is http(s) with a host, a path on this site, or a query of this page; else `#`. Blanks, control characters and
 * backslashes are refused, since browsers drop or turn them and may then read another host.
 */
export function safeUrl(address: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u0020\u007f\\]/.test(address)) return '#'
  return /^(?:https?:\/\/[^/?#]|\/(?!\/)|\?)/i.test(address) ? address : '#'
}

function slotsOf(strings: TemplateStringsArray): readonly Slot[] {
  const known = SLOTS.get(strings)
  if (known !== undefined) return known
  const slots = findSlots(strings)
  SLOTS.set(strings, slots)
  return slots
}

function write(slot: Slot, value: Value): string {
  if (slot === 'text') return writeText(value)
  if (slot === 'attributes') return writeAttributes(value)
  if (typeof value !== 'string' && typeof value !== 'number') throw new TypeError('an attribute takes text or a number')
  return escape(slot === 'url' ? safeUrl(String(value)) : String(value))
}

function writeText(value: Value): string {
  if (value === null || value === undefined || value === false) return ''
  if (typeof value === 'string' || typeof value === 'number') return escape(String(value))
  if (isList(value)) return value.map(writeText).join('')
  if (MARKUP in value) return value[MARKUP]
  throw new TypeError('attributes stand inside a tag')
}

function writeAttributes(value: Value): string {
  if (typeof value === 'object' && value !== null && ATTRIBUTES in value) return value[ATTRIBUTES]
  throw new TypeError('inside a tag only attributes(…) may stand')
}

// Array.isArray does not narrow a readonly array out of a union.
function isList(value: Html | Attributes | readonly Value[]): value is readonly Value[] {
  return Array.isArray(value)
}

function escape(text: string): string {
  // oxlint-disable-next-line no-control-regex -- a parser would drop NUL and turn CR into LF
  return text.replace(/[&<>"'`\r\u0000]/g, escapeCharacter)
}

function escapeCharacter(character: string): string {
  return character === '\0' ? '\ufffd' : `&#${character.charCodeAt(0)};`
}
