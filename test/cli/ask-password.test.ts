import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { before, suite, test } from 'node:test'
import { openPostgresPlace } from '../commands/place.ts'
import type { Place } from '../commands/place.ts'
import { suiteCleanup } from '../support/app.ts'
import { runPostern } from '../support/e2e.ts'
import { until } from '../support/until.ts'

const PASSWORD = 'the planted pass phrase'
const LAUNCHER = join(import.meta.dirname, '../../bin/postern')
/** Gives a program a terminal, and ends with its exit code. */
const SCRIPT = '/usr/bin/script'
const WITHIN_MS = 15_000
const CTRL_C = '\u0003'

interface Outcome {
  readonly exitCode: number | null
  /** All that a person saw. */
  readonly shown: string
}

suite('a password asked for at a terminal', { skip: process.platform !== 'linux' || !existsSync(SCRIPT) }, () => {
  const cleanup = suiteCleanup()
  let place: Place
  before(async () => {
    place = await openPostgresPlace(cleanup)
  })

  test('is asked for twice and never shown', async () => {
    const { exitCode, shown } = await typed('twice', [`${PASSWORD}\r`, `${PASSWORD}\r`])
    assert.equal(exitCode, 0, shown)
    assert.ok(!shown.includes(PASSWORD))
    assert.equal(await stateOf('twice'), 'active')
  })

  test('that is typed differently changes nothing', async () => {
    const { exitCode, shown } = await typed('mistyped', [`${PASSWORD}\r`, `${PASSWORD}!\r`])
    assert.equal(exitCode, 1, shown)
    assert.match(shown, /The two passwords differ\. Nothing was changed/)
    assert.equal(await stateOf('mistyped'), null)
  })

  test('may be left out where the command can do without one, and is then asked for once', async () => {
    const { exitCode, shown } = await typed('without', ['\r'])
    assert.equal(exitCode, 0, shown)
    assert.equal(await stateOf('without'), 'no password')
  })

  test('may be broken off by Ctrl-C at either question, which changes nothing and ends with 130', async () => {
    for (const keys of [[`half${CTRL_C}`], [`${PASSWORD}\r`, CTRL_C]]) {
      const { exitCode, shown } = await typed('broken-off', keys)
      assert.equal(exitCode, 130, shown)
      assert.doesNotMatch(shown, /bug|Abort|\n\s+at /)
      assert.equal(await stateOf('broken-off'), null)
    }
  })

  /** Answers each question with the next of these keys. */
  async function typed(login: string, keys: readonly string[]): Promise<Outcome> {
    const command = `${LAUNCHER} user create ${login} --email ${login}@example.com`
    const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', SHELL: '/bin/sh', ...place.env }
    const child = spawn(SCRIPT, ['-qec', command, '/dev/null'], { env, timeout: WITHIN_MS, killSignal: 'SIGKILL' })
    const closed = once(child, 'close')
    let shown = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (shown += chunk.toString()))
    child.stdin.on('error', () => {})
    for (const [place, text] of keys.entries()) {
      await until('the question', WITHIN_MS, () => shown.split(/: /).length > place + 1)
      child.stdin.write(text)
    }
    await closed
    return { exitCode: child.exitCode, shown }
  }

  /** State of somebody, or null when there is no such person. */
  async function stateOf(login: string): Promise<string | null> {
    const { exitCode, stdout } = await runPostern(place.env, ['user', 'show', login, '--json'])
    return exitCode === 0 ? (JSON.parse(stdout) as { state: string }).state : null
  }
})
