import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { temporaryDirectory } from '../support/directories.ts'
import { startPostern } from '../support/postern-process.ts'
import type { PosternEnv } from '../support/postern-process.ts'
import { fencesOf, listPages, posternLines } from './fences.ts'
import type { Fence } from './fences.ts'
import { installQuickPostern } from './quick-postern.ts'

const PAGES = listPages().filter((page) => fencesOf(page).some(({ run }) => run))
const HOME = process.cwd()

for (const page of PAGES) {
  test(`${page}: its commands run one after the other on a fresh Postern`, { timeout: 120_000 }, async (t) => {
    const folder = await temporaryDirectory(t)
    const fences = fencesOf(page)
    for (const { file, text } of fences) if (file !== null) writeFileSync(join(folder, file), text)
    const settings = fences.some(needsServer) ? (await startPostern(t, {})).env : {}
    const env = await installQuickPostern(t, await temporaryDirectory(t), settings)
    process.chdir(folder)
    t.after(() => process.chdir(HOME))
    assert.equal(
      await runAll(
        fences.filter(({ run }) => run),
        folder,
        env,
      ),
      '',
    )
  })
}

test('there are pages whose commands are run', () => {
  assert.ok(PAGES.includes('docs/operate.md'))
})

/** Whether a block has a command that more than a file and settings are needed for. */
function needsServer({ run, text }: Fence): boolean {
  return run && posternLines(text).some((line) => !/^(?:config|policy (?:check|test|schema)|language)\b/.test(line))
}

/** Ends at the first command that fails, and gives it with all that was printed; nothing where all is well. */
async function runAll(fences: readonly Fence[], cwd: string, env: PosternEnv): Promise<string> {
  const script = `set -eux -o pipefail\n${fences.map(({ text }) => text).join('')}`
  try {
    await promisify(execFile)('bash', ['-c', script], { cwd, env: { ...env, HOME: cwd, PS4: '$ ' } })
    return ''
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    return `${stdout}\n${stderr}`
  }
}
