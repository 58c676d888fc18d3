import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import type { CommandResult } from '../commands/command.ts'
import { examine } from '../doctor/doctor.ts'
import { describeFindings } from '../doctor/finding.ts'
import { signInAt, STILL_SIGNED_IN } from '../doctor/sign-in.ts'
import type { SignedIn } from '../doctor/sign-in.ts'
import { createAsk } from '../doctor/site.ts'
import type { SiteOptions } from '../doctor/site.ts'
import type { Pause } from '../doctor/traffic-checks.ts'
import { OperatorError } from '../errors.ts'
import { readPort } from '../lib/address.ts'
import { askPassword } from './ask-password.ts'

/** What `postern doctor` is told on the command line. */
export interface DoctorOptions {
  readonly url: string
  readonly open?: string
  readonly appAddress?: string
  readonly connect?: string
  readonly cookie?: string
  readonly login?: string
  readonly passwordStdin?: boolean
  readonly stopGateway?: boolean
  readonly insecure?: boolean
}

const NOBODY: SignedIn = { cookie: '', cookieScope: { kind: 'unseen' }, signOut: async () => true }

/** Adds the options and the action of `postern doctor` to a command. */
export function doctorCommand(command: Command, show: (result: CommandResult, options: object) => void): void {
  command
    .description('look at a set-up through its proxy and say what is wrong with it')
    .requiredOption('--url <url>', 'a page of an app that only people may see who are signed in')
    .option('--open <path>', 'a page of the same app for everybody, such as /public/')
    .option('--login <login>', 'sign in as this person, to see what reaches the app')
    .option('--password-stdin', 'read the password from standard input instead of asking')
    .option('--cookie <file>', 'Cookie header of somebody signed in, in place of --login')
    .option('--app-address <url>', 'where the app itself listens, to see whether it is reached around the proxy')
    .option('--connect <host:port>', "connect there in place of the URL's host, such as before DNS is changed")
    .option('--insecure', 'take any certificate')
    .option('--stop-gateway', 'ask you to stop Postern, and see whether the proxy stays closed')
    .option('--json', 'print JSON for programs')
    .action(async (options: DoctorOptions) => show(await runDoctor(options), options))
}

/** @throws OperatorError for options that can't be used, and when nobody can be signed in */
async function runDoctor(options: DoctorOptions): Promise<CommandResult> {
  const way = wayOf(options)
  const { cookie, cookieScope, signOut } = await signedIn(options, way)
  const { url, openPage } = way
  const page = url.pathname + url.search
  const site = { url, page, openPage, cookie: cookie === '' ? null : cookie, ask: createAsk(way) }
  const appAddress = options.appAddress === undefined ? null : readUrl('--app-address', options.appAddress)
  const terminal = options.stopGateway === true ? openTerminal(options) : null
  try {
    const found = await examine({ site, cookieScope, appAddress, pause: terminal?.pause ?? null })
    const findings = (await signOut()) ? found : [...found, STILL_SIGNED_IN]
    const ok = findings.every(({ level }) => level !== 'wrong')
    return { exitCode: ok ? 0 : 1, text: describeFindings(findings), data: { url: url.href, ok, findings } }
  } finally {
    terminal?.close()
  }
}

function wayOf({ url, connect, insecure, open }: DoctorOptions): SiteOptions {
  if (open !== undefined && !/^\/[!-~]*$/.test(open)) throw new OperatorError('--open takes a path such as /public/', 2)
  return {
    url: readUrl('--url', url),
    connectTo: connect === undefined ? null : readConnect(connect),
    insecure: insecure === true,
    openPage: open ?? null,
  }
}

function readUrl(option: string, text: string): URL {
  const url = URL.parse(text)
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === '') return url
  throw new OperatorError(`${option} takes a URL such as https://app.example.com/`, 2)
}

function readConnect(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(':')
  const port = readPort(text.slice(colon + 1))
  const host = text.slice(0, Math.max(colon, 0)).replace(/^\[|\]$/g, '')
  if (port === null || host === '') throw new OperatorError('--connect takes host and port, such as 192.0.2.1:443', 2)
  return { host, port }
}

async function signedIn(options: DoctorOptions, way: SiteOptions): Promise<SignedIn> {
  const { login, cookie, passwordStdin = false } = options
  if (cookie !== undefined) return { ...NOBODY, cookie: readCookieFile(cookie) }
  if (login === undefined) return NOBODY
  const password = await askPassword({ fromStdin: passwordStdin, optional: false })
  const outcome = await signInAt(way, login, password ?? '')
  if (typeof outcome === 'string') throw new OperatorError(outcome)
  return outcome
}

function readCookieFile(file: string): string {
  const text = readFile(file)
    .trim()
    .replace(/^cookie:\s*/i, '')
  if (/^[!-~]+=[ -~]*$/.test(text)) return text
  throw new OperatorError(`${file} must hold one line, such as __Host-postern=ps1…`, 2)
}

function readFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new OperatorError(`${file} can't be read. Check the path.`, 1, { cause: error })
  }
}

interface Terminal {
  readonly pause: Pause
  readonly close: () => void
}

/** The terminal is asked, so the password can't come over the same way. */
function openTerminal({ passwordStdin }: DoctorOptions): Terminal {
  if (passwordStdin === true)
    throw new OperatorError('--stop-gateway asks on the terminal: use --cookie, or type the password.', 2)
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const lines = terminal[Symbol.asyncIterator]()
  const pause = async (request: string): Promise<void> => {
    process.stderr.write(`${request} Then press Enter. `)
    const { done } = await lines.next()
    if (done === true) throw new OperatorError('Nobody pressed Enter. See that Postern runs.')
  }
  return { pause, close: () => terminal.close() }
}
