import { readFileSync } from 'node:fs'

/** One line of a Containerfile, with what the builder's arguments say filled in. */
export interface Step {
  readonly name: string
  readonly text: string
}

/** The steps of each stage; each begins with its FROM. */
export function readStages(file: string): Step[][] {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  const given = new Map<string, string>()
  const stages: Step[][] = []
  for (const line of lines) {
    const [, name = '', written = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? []
    const text = written.replaceAll(/\$\{(\w+)\}/g, (_, key: string) => given.get(key) ?? '')
    if (name === 'ARG') given.set(text.split('=', 1).join(''), text.slice(text.indexOf('=') + 1))
    if (name === 'FROM') stages.push([])
    stages.at(-1)?.push({ name, text })
  }
  return stages
}

/** What the one step of this name says in a stage; the last, where there are several. */
export function stepOf(stage: readonly Step[], name: string): string {
  const found = stage.findLast((step) => step.name === name)
  if (found === undefined) throw new Error(`there is no ${name}`)
  return found.text
}

/** Variables that a stage sets. */
export function environmentOf(stage: readonly Step[]): Record<string, string> {
  return Object.fromEntries(
    stepOf(stage, 'ENV')
      .split(' ')
      .map((pair) => pair.split('=', 2) as [string, string]),
  )
}
