const TOKEN = [
  String.raw`\/\/[^\n]*`,
  String.raw`\/\*[\s\S]*?\*\/`,
  String.raw`'(?:\\[\s\S]|[^'\\\n])*'`,
  String.raw`"(?:\\[\s\S]|[^"\\\n])*"`,
  // A regular expression stands where a value may begin; elsewhere "/" divides.
  String.raw`(?<=(?:[(,=:[!&|?{};+*%<>~^]|=>|\breturn)\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/`,
].join('|')

/**
 * The code with the inside of comments, strings, templates and regular expressions made blank. Quotes, line ends and
 * the places of everything else stay; code in `${}` of a template stays as well.
 */
export function blankOut(text: string): string {
  // One number for each template that is open: the braces that are open in its current ${}.
  const templates: number[] = []
  let blanked = ''
  while (blanked.length < text.length) {
    const rest = text.slice(blanked.length)
    const token = tokenAt(text, blanked.length)
    if (token !== null) blanked += blankToken(token)
    else if (rest.startsWith('`') || (rest.startsWith('}') && templates.at(-1) === 0)) {
      if (rest.startsWith('}')) templates.pop()
      const part = rest.charAt(0) + templatePart(rest.slice(1))
      if (part.endsWith('${')) templates.push(0)
      blanked += part
    } else {
      countBrace(templates, rest.charAt(0))
      blanked += rest.charAt(0)
    }
  }
  return blanked
}

/** Number of the line that a place in the text is on, from 1. */
export function lineAt(text: string, place: number): number {
  return text.slice(0, place).split('\n').length
}

function tokenAt(text: string, place: number): string | null {
  const pattern = new RegExp(TOKEN, 'y')
  pattern.lastIndex = place
  return pattern.exec(text)?.[0] ?? null
}

function countBrace(templates: number[], char: string): void {
  const open = templates.pop()
  if (open !== undefined) templates.push(open + (char === '{' ? 1 : char === '}' ? -1 : 0))
}

/** A template's text up to its end or its next code, blank but for what ends it. */
function templatePart(rest: string): string {
  const part = /^(?:\\[\s\S]|\$(?!\{)|[^`\\$])*(`|\$\{)?/.exec(rest)
  const end = part?.[1] ?? ''
  return blank(part?.[0].slice(0, -end.length || undefined) ?? '') + end
}

function blankToken(token: string): string {
  if (token.startsWith('/')) return blank(token)
  return token.charAt(0) + blank(token.slice(1, -1)) + token.charAt(0)
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ')
}
