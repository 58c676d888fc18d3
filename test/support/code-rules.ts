import { basename } from 'node:path'
import type { SourceFile } from './architecture.ts'
import { blankOut, lineAt } from './source-text.ts'

interface Ban {
  readonly pattern: RegExp
  /** What to do instead. */
  readonly instead: string
  readonly allowedIn?: readonly string[]
}

export const MAX_FILE_LINES = 250
export const MAX_FUNCTION_LINES = 60

const BANS: readonly Ban[] = [
  { pattern: /^export\s+default\b|\bas\s+default\b/gm, instead: 'default export: export it by its name' },
  { pattern: /^export\b[^;=(]*?\bfrom\s*['"]/gm, instead: 're-export: import it from where it lives' },
  { pattern: /^(?:export\s+)?(?:let|var)\b/gm, instead: 'module state: pass it as an argument' },
  {
    // What `Console` of admin/console.ts has is no method of Node's.
    pattern: /\bconsole\s*\.(?!\s*(?:base|here|homeHref|eventsHref|login|may|done)\b)/g,
    instead: 'console: log through observe/log.ts, or write what a command is asked for',
  },
  {
    pattern: /\bprocess\s*\.\s*exit\s*\(/g,
    instead: 'process.exit: return or throw, so that what is open gets closed; only main.ts ends the process',
    // In a worker it ends the thread alone.
    allowedIn: ['main.ts', 'store/embedded-worker.ts'],
  },
]

/** Default exports, barrels, module state, console and process.exit. */
export function checkBans(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const code = blankOut(file.text)
    const barrel =
      basename(file.path) === 'index.ts' ? [`src/${file.path}:1 is a barrel: name it after what it holds`] : []
    const applying = BANS.filter((ban) => ban.allowedIn?.includes(file.path) !== true)
    const found = applying.flatMap((ban) => [...code.matchAll(ban.pattern)].map((at) => ({ at: at.index, ban })))
    return [...barrel, ...found.map(({ at, ban }) => `src/${file.path}:${lineAt(code, at)} ${ban.instead}`)]
  })
}

/** Files and functions that are too long. */
export function checkSizes(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const lines = file.text.replace(/\n$/, '').split('\n').length
    const tooLong = `src/${file.path}:1 has ${lines} lines, more than ${MAX_FILE_LINES}: split it by subject`
    const functions = functionSpans(file.text)
      .filter((span) => span.lines > MAX_FUNCTION_LINES)
      .map(
        (span) =>
          `src/${file.path}:${span.line} a function of ${span.lines} lines, more than ${MAX_FUNCTION_LINES}: split it`,
      )
    return lines > MAX_FILE_LINES ? [tooLong, ...functions] : functions
  })
}

interface Span {
  readonly line: number
  readonly lines: number
}

// A block is a function's when its opening line says so, or ends a list of parameters; statements look alike.
const OPENS_FUNCTION = /=>\s*\{$|\bfunction\b.*\{$|\)(?::\s[^{]*)?\s*\{$/
const OPENS_STATEMENT = /^(?:\}\s*)?(?:if|for|while|switch|catch|else|do|try|with)\b/

/** Bodies in braces, by the line that opens them, nested ones too. */
function functionSpans(text: string): Span[] {
  const lines = blankOut(text).split('\n')
  const open: (number | null)[] = []
  const spans: Span[] = []
  for (const [place, line] of lines.entries()) {
    const braces = [...line.matchAll(/[{}]/g)]
    for (const [index, [brace]] of braces.entries()) {
      if (brace === '{') open.push(index === braces.length - 1 && opensFunction(line) ? place : null)
      else {
        const start = open.pop()
        if (typeof start === 'number') spans.push({ line: start + 1, lines: place - start + 1 })
      }
    }
  }
  return spans
}

function opensFunction(line: string): boolean {
  const code = line.trim()
  return OPENS_FUNCTION.test(code) && !OPENS_STATEMENT.test(code)
}
