/** Where in its template a value stands, and so how it is written. */
export type Slot = 'text' | 'attribute' | 'url' | 'attributes'

type Place = 'text' | 'raw' | 'comment' | 'tag-name' | 'tag' | 'attribute-name' | 'before-value' | 'bare' | Quoted
type Quoted = 'double' | 'single'

interface Scan {
  place: Place
  element: string
  attribute: string
  /** True while nothing has been written of the attribute's value. */
  valueEmpty: boolean
  /** The last characters read inside a comment or a raw element, where its end is looked for. */
  tail: string
}

const URL_ATTRIBUTES = new Set(['href', 'src', 'action', 'formaction', 'cite', 'poster', 'data', 'background'])
const CLOSED_ATTRIBUTES = new Set(['style', 'srcdoc', 'srcset', 'imagesrcset', 'ping', 'http-equiv'])
// Not noscript: browsers read it in two ways, and what is escaped neither ends it nor becomes a tag in either.
const RAW_ELEMENTS = new Set(['script', 'style', 'iframe', 'noembed', 'noframes', 'xmp', 'plaintext'])
const TAIL_CHARACTERS = 12

/**
 * How each value of a template is to be written, by the place where it stands.
 * @throws TypeError for a place where escaping can't make a value harmless, and for a template that ends inside a tag
 */
export function findSlots(strings: readonly string[]): readonly Slot[] {
  const slots: Slot[] = []
  const scan: Scan = { place: 'text', element: '', attribute: '', valueEmpty: true, tail: '' }
  for (const [index, string] of strings.entries()) {
    for (const character of string) step(scan, character)
    const next = strings[index + 1]
    if (next !== undefined) slots.push(slotAt(scan, next))
    scan.valueEmpty = false
  }
  if (scan.place !== 'text') throw new TypeError(`a template ends inside <${scan.element}>`)
  return slots
}

/** True when an escaped value is harmless in this attribute; `isUrlAttribute` may ask for one more check. */
export function isOpenAttribute(name: string): boolean {
  return /^[a-z][a-z0-9-]*$/.test(name) && !name.startsWith('on') && !CLOSED_ATTRIBUTES.has(name)
}

/** True for an attribute whose value is an address that the browser loads, sends to or goes to. */
export function isUrlAttribute(name: string): boolean {
  return URL_ATTRIBUTES.has(name)
}

function slotAt(scan: Scan, after: string): Slot {
  switch (scan.place) {
    case 'text':
      return 'text'
    case 'double':
    case 'single':
      return attributeSlot(scan, after)
    case 'tag':
      if (/^[\s/>]/.test(after)) return 'attributes'
      throw new TypeError(`a value as part of a name in <${scan.element}>`)
    case 'raw':
    case 'comment':
    case 'tag-name':
    case 'attribute-name':
    case 'before-value':
    case 'bare':
      throw new TypeError(`a value at ${scan.place} in <${scan.element} ${scan.attribute}>`)
  }
}

function attributeSlot(scan: Scan, after: string): Slot {
  if (!isOpenAttribute(scan.attribute)) throw new TypeError(`a value inside ${scan.attribute}="…"`)
  if (!isUrlAttribute(scan.attribute)) return 'attribute'
  const endsHere = after.startsWith(scan.place === 'double' ? '"' : "'")
  if (!scan.valueEmpty || !endsHere) throw new TypeError(`a value as part of an address in ${scan.attribute}="…"`)
  return 'url'
}

// The states of the HTML standard's tokenizer (13.2.5) that differ for where a value may stand; what the standard
// forgives in our own templates is not forgiven here.
function step(scan: Scan, character: string): void {
  switch (scan.place) {
    case 'text':
      if (character === '<') Object.assign(scan, { place: 'tag-name', element: '' })
      return
    case 'tag-name':
      return stepTagName(scan, character)
    case 'tag':
    case 'attribute-name':
      return stepTag(scan, character)
    case 'before-value':
    case 'bare':
      return stepUnquoted(scan, character)
    case 'double':
    case 'single':
      return stepQuoted(scan, character)
    case 'comment':
    case 'raw':
      return stepOpaque(scan, character)
  }
}

function stepTagName(scan: Scan, character: string): void {
  if (scan.element === '' && !/[a-z/!]/i.test(character)) scan.place = 'text'
  else if (character === '>') leaveTag(scan)
  else if (/\s/.test(character)) enterTag(scan)
  else if (character === '/' && scan.element !== '') enterTag(scan)
  else scan.element += character.toLowerCase()
  if (scan.element === '!--') Object.assign(scan, { place: 'comment', tail: '' })
}

function stepTag(scan: Scan, character: string): void {
  if (character === '>') leaveTag(scan)
  else if (character === '=') scan.place = 'before-value'
  else if (/[\s/]/.test(character)) scan.place = 'tag'
  else if (scan.place === 'attribute-name') scan.attribute += character.toLowerCase()
  else Object.assign(scan, { place: 'attribute-name', attribute: character.toLowerCase() })
}

function stepUnquoted(scan: Scan, character: string): void {
  const quoted: Quoted | null = character === '"' ? 'double' : character === "'" ? 'single' : null
  if (character === '>') leaveTag(scan)
  else if (scan.place === 'before-value' && quoted !== null) Object.assign(scan, { place: quoted, valueEmpty: true })
  else if (!/\s/.test(character)) scan.place = 'bare'
  else if (scan.place === 'bare') enterTag(scan)
}

function stepQuoted(scan: Scan, character: string): void {
  if (character === (scan.place === 'double' ? '"' : "'")) enterTag(scan)
  else scan.valueEmpty = false
}

function stepOpaque(scan: Scan, character: string): void {
  scan.tail = (scan.tail + character.toLowerCase()).slice(-TAIL_CHARACTERS)
  if (scan.place === 'comment') {
    if (scan.tail.endsWith('-->')) scan.place = 'text'
  } else if (scan.tail.endsWith(`</${scan.element}`)) Object.assign(scan, { place: 'tag', element: `/${scan.element}` })
}

function enterTag(scan: Scan): void {
  scan.place = 'tag'
  scan.attribute = ''
}

function leaveTag(scan: Scan): void {
  scan.place = RAW_ELEMENTS.has(scan.element) ? 'raw' : 'text'
  scan.tail = ''
}
