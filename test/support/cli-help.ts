import { run } from '../../src/cli/cli.ts'

/** What `--help` says of a command. */
export interface Help {
  readonly text: string
  /** Names of what comes below it; none for one that does something. */
  readonly commands: readonly string[]
}

/** Finds commands by their words, from what the program says of itself. To be asked for one after the other. */
export interface CommandLookup {
  /** The mistakes of a command line that begins after `postern`; none where it could be run. */
  readonly mistakesOf: (line: string) => Promise<string[]>
}

/** Each help is asked for once. */
export function createCommandLookup(): CommandLookup {
  const known = new Map<string, Promise<Help>>()
  const helpOf = (words: readonly string[]): Promise<Help> => {
    const key = words.join(' ')
    const found = known.get(key) ?? readHelp(words)
    known.set(key, found)
    return found
  }
  return { mistakesOf: (line) => mistakesOf(line, helpOf) }
}

async function mistakesOf(line: string, helpOf: (words: readonly string[]) => Promise<Help>): Promise<string[]> {
  const words = line.match(/"[^"]*"|\S+/g) ?? []
  let depth = 0
  let help = await helpOf([])
  while (help.commands.includes(words[depth] ?? '')) help = await helpOf(words.slice(0, ++depth))
  if (help.commands.length > 0) return [`${line}: there is no command ${words.slice(0, depth + 1).join(' ')}`]
  const flags = words.filter((word) => word.startsWith('--'))
  const unknown = flags.filter((flag) => !new RegExp(`\\s${flag}\\b`).test(help.text))
  const needed = help.text.split('\n', 1)[0]?.match(/<[^>]+>/g)?.length ?? 0
  const isShort = needed > 0 && words.length - depth < needed
  return [...unknown.map((flag) => `${line}: no option ${flag}`), ...(isShort ? [`${line}: words are missing`] : [])]
}

async function readHelp(words: readonly string[]): Promise<Help> {
  const text = await printed(() => run([...words, '--help']))
  const [, list = ''] = text.split('\nCommands:\n')
  const commands = [...list.matchAll(/^ {2}([a-z][\w-]*)/gm)].map(([, name = '']) => name)
  return { text, commands: commands.filter((name) => name !== 'help') }
}

/** What is written to standard output as text meanwhile; the runner's own messages are bytes and pass. */
async function printed(work: () => Promise<unknown>): Promise<string> {
  const { stdout } = process
  const write = stdout.write.bind(stdout)
  let text = ''
  stdout.write = (chunk: string | Uint8Array, ...more: never[]) => {
    if (typeof chunk !== 'string') return write(chunk, ...more)
    text += chunk
    return true
  }
  try {
    await work()
  } finally {
    stdout.write = write
  }
  return text
}
