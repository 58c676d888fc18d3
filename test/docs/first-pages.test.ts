import assert from 'node:assert/strict'
import { test } from 'node:test'
import { run } from '../../src/cli/cli.ts'
import { readPage } from './fences.ts'

test('every figure of ours in the comparison stands among those that were measured', () => {
  const measured = readPage('bench/README.md')
  const page = readPage('docs/comparison.md').replaceAll(/"[^"]*"/g, '')
  const figures = [...page.matchAll(/(\d[\d,]*(?:\.\d+)?) (?:µs|ms|MB|requests)\b/g)].map(([, figure = '']) => figure)
  assert.ok(figures.length > 8)
  for (const figure of figures) assert.ok(new RegExp(`(?<![\\d.,])${figure}(?![\\d,]|\\.\\d)`).test(measured), figure)
})

test('the first page names every command', async (t) => {
  const shown: string[] = []
  t.mock.method(process.stdout, 'write', (chunk: string | Uint8Array) => shown.push(String(chunk)) > 0)
  await run(['--help'])
  t.mock.restoreAll()
  const [, list = ''] = shown.join('').split('\nCommands:\n')
  const commands = [...list.matchAll(/^ {2}([a-z]+)/gm)].map(([, name = '']) => name).filter((name) => name !== 'help')
  assert.ok(commands.length > 15)
  const page = readPage('README.md')
  for (const command of commands) assert.ok(page.includes(`\`postern ${command}`), command)
})
