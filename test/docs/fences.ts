import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A block of code on a page. */
export interface Fence {
  /** The page from the root, such as `docs/operate.md`. */
  readonly page: string
  /** Line of its first line of text. */
  readonly line: number
  readonly language: string
  readonly text: string
  /** Why it is only shown: from `<!-- example: … -->` above it. Null where it is checked. */
  readonly example: string | null
  /** True below `<!-- run -->`: its commands are run, in the order of the page. */
  readonly run: boolean
  /** Name under which it lies beside the commands that are run: from `<!-- file: … -->`. */
  readonly file: string | null
}

export const ROOT = join(import.meta.dirname, '../..')
const FENCE = /(?:^<!-- (?<mark>[^\n]*) -->\n)?^(?<indent> *)```(?<language>[\w-]*)\n(?<text>[^]*?)^\k<indent>```$/gm

/** Every page for readers, from the root. */
export function listPages(): string[] {
  return globSync(['*.md', 'docs/**/*.md', 'nginx/*.md', 'k8s/*.md', 'packaging/**/*.md', 'config/*.md'], {
    cwd: ROOT,
  }).sort()
}

/** The text of a page. @param page from the root */
export function readPage(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8')
}

/** The blocks of a page, without the blanks in front of those that stand in a list. */
export function fencesOf(page: string): Fence[] {
  const markdown = readPage(page)
  return [...markdown.matchAll(FENCE)].map((found) => {
    const { mark = '', indent = '', language = '', text = '' } = found.groups ?? {}
    const start = found.index + found[0].indexOf('```')
    return {
      page,
      line: markdown.slice(0, start).split('\n').length + 1,
      language,
      text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
      example: /^example: (.+)$/.exec(mark)?.[1] ?? null,
      run: mark === 'run',
      file: /^file: (\S+)$/.exec(mark)?.[1] ?? null,
    }
  })
}

/** Lines of a shell that begin with `postern`, each without that word, what is around it and what comes after. */
export function posternLines(shell: string): string[] {
  const lines = shell.replaceAll(/\\\n\s*/g, ' ').split('\n')
  const commands = lines.flatMap((line) => withoutComment(line).split(/\s(?:\||\|\||&&|;)\s|\$\(/))
  return commands.flatMap((command) => {
    const [, rest] = /^\s*(?:[A-Z_]+=\S+\s+|sudo\s+(?:-u\s+\S+\s+)?)*(?:bin\/)?postern(?:\s+(.*))?$/.exec(command) ?? []
    return rest === undefined ? [] : [rest.replace(/\s[<>&].*$/, '').replace(/\)\s*$/, '')]
  })
}

function withoutComment(line: string): string {
  return line.replace(/(?:^|\s)#.*$/, '')
}
