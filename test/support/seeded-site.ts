import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { BrowserContext } from 'playwright-core'
import { forgetPolicies, openFilledDatabase } from './database.ts'
import { temporaryDirectory } from './directories.ts'
import { PASSWORD, runPostern } from './e2e.ts'
import { freePort } from './ports.ts'
import { startPostern } from './postern-process.ts'
import type { PosternEnv } from './postern-process.ts'

/** The real program with an organisation in it. */
export interface SeededSite {
  /** Such as `http://localhost:12345`. */
  readonly origin: string
  /** Runs a command that must succeed, with the server's settings; gives what it printed. */
  readonly command: (args: readonly string[], input?: string) => Promise<string>
  /** Signs somebody in, in a browser. */
  readonly signIn: (context: BrowserContext, login: string) => Promise<void>
}

/** May do everything. */
export const ADMIN = 'greta.holm'
/** May open apps, and nothing of Postern's own. */
export const MEMBER = 'tomas.berg'

const SECRET_KEY = 'a key that wraps the keys of the organisation'
const PEOPLE = [
  ['greta.holm', 'Greta Holm', 'postern-admin', 'staff', 'engineering', 'finance'],
  ['tomas.berg', 'Tomas Berg', 'staff'],
  ['mira.okafor', 'Mira Okafor', 'staff', 'engineering'],
  ['jonas.lind', 'Jonas Lind', 'helpdesk', 'staff'],
  ['ana.sousa', 'Ana Sousa', 'staff', 'finance'],
  ['li.wei', 'Li Wei', 'engineering', 'staff'],
  ['sofia.marchetti-vandenberghe', 'Sofia Marchetti-Vandenberghe', 'staff'],
  ['omar.haddad', 'Omar Haddad', 'contractor'],
] as const

const POLICY = (port: string): string => `version: 1
roles:
  staff: []
  engineering: []
  finance: []
  contractor: []
  helpdesk: [postern.users:read, postern.sessions:read, postern.sessions:end]
apps:
  - name: wiki
    title: Wiki
    description: What we know, written down
    hosts: [wiki.localhost]
    port: ${port}
    rules:
      - { path: /public/**, allow: anyone }
      - { require: { role: staff } }
  - name: git
    title: Code
    description: Repositories and reviews
    hosts: [git.localhost]
    port: ${port}
    rules:
      - { path: /admin/**, require: { role: engineering, factors: 2 } }
      - { require: { role: engineering } }
  - name: books
    title: Accounts
    description: Invoices and payroll
    icon: €
    hosts: [books.localhost]
    port: ${port}
    rules:
      - { require: { role: finance } }
  - name: status
    hosts: [status.localhost]
    port: ${port}
    rules:
      - { allow: anyone }
`

/** Starts it on a database of its own, set up by commands; people, sign-ins and failures are in it. */
export async function startSeededSite(t: TestContext): Promise<SeededSite> {
  const folder = await temporaryDirectory(t)
  const policy = join(folder, 'policy.yaml')
  writeFileSync(policy, POLICY('80'))
  const { url } = await openFilledDatabase(t, 'postern_organisation', (empty) => makePeople(empty, policy))
  const port = String(await freePort())
  const origin = `http://localhost:${port}`
  const env: PosternEnv = {
    ...settings(url, `${origin}/.postern`),
    POSTERN_LISTEN: `127.0.0.1:${port}`,
    POSTERN_RATE_LIMITS: 'off',
    POSTERN_DATA_DIR: join(folder, 'data'),
  }
  const command: SeededSite['command'] = (args, input) => mustRun(env, args, input)
  writeFileSync(policy, POLICY(port))
  await command(['policy', 'apply', policy, '--reason', 'the first policy'])
  await startPostern(t, env)
  return { origin, command, signIn: (context, login) => signIn(context, origin, login) }
}

// Their roles are named by the policy, whose ports come later.
async function makePeople(url: string, policy: string): Promise<void> {
  const env = settings(url, 'http://localhost/.postern')
  await mustRun(env, ['migrate'])
  await mustRun(env, ['policy', 'apply', policy])
  for (const [login, name, ...roles] of PEOPLE) {
    const profile = ['--email', `${login}@example.com`, '--name', name, ...roles.flatMap((role) => ['--role', role])]
    await mustRun(env, ['user', 'create', login, ...profile, '--password-stdin'], `${PASSWORD}\n`)
  }
  await forgetPolicies(url)
}

function settings(url: string, publicUrl: string): PosternEnv {
  return { POSTERN_DATABASE_URL: url, POSTERN_SECRET_KEY: SECRET_KEY, POSTERN_PUBLIC_URL: publicUrl }
}

async function mustRun(env: PosternEnv, args: readonly string[], input = ''): Promise<string> {
  const { exitCode, stdout, stderr } = await runPostern(env, args, input)
  if (exitCode !== 0) throw new Error(`postern ${args.join(' ')}: ${stderr}${stdout}`)
  return stdout
}

async function signIn(context: BrowserContext, origin: string, login: string): Promise<void> {
  const page = await context.newPage()
  await page.goto(`${origin}/.postern/login`)
  await page.locator('[name=username]').fill(login)
  await page.locator('[name=password]').fill(PASSWORD)
  await page.locator('[name=password]').press('Enter')
  await page.waitForURL((url) => !url.pathname.endsWith('/login'))
  await page.close()
}
