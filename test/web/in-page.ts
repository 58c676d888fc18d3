// Scripts for the browser. Texts, since the compiler knows no document here.

/** Every text's contrast with what it stands on, of what is seen: [text, ratio]. */
export const TEXT_CONTRASTS = `(() => {
  ${contrastFunctions()}
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const found = []
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement
    if (walker.currentNode.data.trim() === '' || element.getClientRects().length === 0) continue
    found.push([walker.currentNode.data.trim(), ratio(getComputedStyle(element).color, groundOf(element))])
  }
  return found
})()`

/** The contrast of every input's and button's edge with what it stands on: [name or text, ratio] (WCAG 1.4.11). */
export const EDGE_CONTRASTS = `(() => {
  ${contrastFunctions()}
  const controls = [...document.querySelectorAll('input:not([type=hidden]), .button')]
  return controls.map((control) => [
    control.name || control.textContent,
    ratio(getComputedStyle(control).borderTopColor, groundOf(control.parentElement)),
  ])
})()`

/** Width and height in CSS pixels of everything that takes a finger: [name or text, width, height]. */
export const TARGET_SIZES = `[...document.querySelectorAll('input:not([type=hidden], [hidden]), button, a')].map((target) => {
  const { width, height } = target.getBoundingClientRect()
  return [target.name || target.textContent, width, height]
})`

/** How many pixels of the page lie beyond its right edge. */
export const OVERFLOW = `Math.max(0, document.documentElement.scrollWidth - innerWidth)`

/** What has the focus: the name of an input, else the text of the element. */
export const FOCUSED = `(() => {
  const { name, textContent, tagName } = document.activeElement
  return tagName === 'BODY' ? null : name || textContent.trim()
})()`

/** False while a field that is to have the focus from the start waits for the page's first frame. */
export const IS_SETTLED = `document.querySelector('[autofocus]') === null || document.activeElement !== document.body`

/** What each id in aria-describedby and for leads to; null where nothing has that id. */
export const REFERENCES = `[...document.querySelectorAll('[aria-describedby], label')].flatMap((element) => {
  const ids = element.htmlFor ? [element.htmlFor] : element.getAttribute('aria-describedby').split(' ')
  return ids.map((id) => document.getElementById(id)?.textContent ?? null)
})`

function contrastFunctions(): string {
  return `const channels = (color) => color.match(/[\\d.]+/g).map(Number)
  const linear = (c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4)
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
  const isClear = (color) => channels(color)[3] === 0
  const groundOf = (element) => {
    const ground = getComputedStyle(element).backgroundColor
    return isClear(ground) ? groundOf(element.parentElement) : ground
  }
  const ratio = (a, b) => {
    const [low, high] = [luminance(channels(a)), luminance(channels(b))].sort((x, y) => x - y)
    return (high + 0.05) / (low + 0.05)
  }`
}
