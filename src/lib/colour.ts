/** A colour as `#rrggbb`, in lower case. */
export type Colour = string

/** What stands for a colour on one ground: itself or the nearest shade that can be read there. */
export interface Shades {
  /** Of links, edges and the ground of buttons. */
  readonly accent: Colour
  /** The same under the pointer. */
  readonly strong: Colour
  /** Of the text on either. */
  readonly on: Colour
}

type Channels = readonly [red: number, green: number, blue: number]

/** The contrast that text of any size needs (WCAG 2.2, 1.4.3). */
export const READABLE = 4.5

const BLACK: Channels = [0, 0, 0]
const WHITE: Channels = [255, 255, 255]
/** Fine enough that nobody sees a step. */
const STEPS = 64
/** How much further the shade under the pointer goes. */
const STRONG_STEPS = 12

/**
 * Shades of a colour that can be read on all of these grounds, with the text that can be read on them. Towards black on
 * grounds that are light, towards white on dark ones; one of both ends always can be read.
 */
export function shadesOn(colour: Colour, grounds: readonly Colour[]): Shades {
  const isLight = grounds.every((ground) => contrast(ground, '#000000') > contrast(ground, '#ffffff'))
  const [far, near] = isLight ? [BLACK, WHITE] : [WHITE, BLACK]
  const shade = (step: number): Colour => mix(channelsOf(colour), far, Math.min(step, STEPS) / STEPS)
  const on = toColour(near)
  const isReadable = (shown: Colour): boolean => [...grounds, on].every((other) => contrast(shown, other) >= READABLE)
  const first = Array.from({ length: STEPS + 1 }, (_, step) => step).find((step) => isReadable(shade(step))) ?? STEPS
  return { accent: shade(first), strong: shade(first + STRONG_STEPS), on }
}

/** From 1 for the same to 21 for black on white (WCAG 2.2, contrast ratio). */
export function contrast(one: Colour, other: Colour): number {
  const [low = 0, high = 0] = [luminance(channelsOf(one)), luminance(channelsOf(other))].toSorted((a, b) => a - b)
  return (high + 0.05) / (low + 0.05)
}

function luminance(channels: Channels): number {
  const [red, green, blue] = channels.map((channel) => {
    const part = channel / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  }) as unknown as Channels
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function mix(from: Channels, to: Channels, part: number): Colour {
  const [red, green, blue] = from
  const between = (one: number, other: number): number => Math.round(one + (other - one) * part)
  return toColour([between(red, to[0]), between(green, to[1]), between(blue, to[2])])
}

function channelsOf(colour: Colour): Channels {
  const number = Number.parseInt(colour.slice(1), 16)
  return [number >> 16, (number >> 8) & 255, number & 255]
}

function toColour([red, green, blue]: Channels): Colour {
  return `#${((red << 16) | (green << 8) | blue).toString(16).padStart(6, '0')}`
}
