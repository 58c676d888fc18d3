import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { PolicyWatch } from '../../src/policies/policy-watch.ts'
import { lookAtPolicyFile, watchInTurn } from '../../src/policies/run-tests-file.ts'
import { temporaryDirectory } from '../support/directories.ts'
import { wikiFile } from './sample.ts'

test('looking at a file tells what is wrong with it, or that it is gone, until it is mended', async (t) => {
  const file = join(await temporaryDirectory(t), 'policy.yaml')
  const look = lookAtPolicyFile(file)
  const tests = ['{ as: nobody, request: GET https://wiki.example.com/, expect: forbid }']
  const cases: readonly (readonly [source: string | null, fault: RegExp | null])[] = [
    [wikiFile(['{ allow: anyone }']), null],
    ['version: 99\n', /^The policy file is not applied\. .*policy\.yaml:1:1: version/],
    [wikiFile(['{ allow: anyone }'], { tests }), /policy\.yaml:11:5: tests\[0\]: .*expects forbid and gets allow/],
    [null, /can't be read: ENOENT/],
    [wikiFile(['{ deny: true }'], { tests }), null],
  ]
  for (const [source, fault] of cases) {
    if (source === null) rmSync(file)
    else writeFileSync(file, source)
    await look.check()
    if (fault === null) assert.equal(look.fault, null)
    else assert.match(look.fault ?? '', fault)
  }
})

test('only the process that leads applies the file, and its fault is told that counts now', async () => {
  const checked: string[] = []
  const watchOf = (name: string): PolicyWatch => ({ fault: name, check: async () => void checked.push(name) })
  const leads = { now: true, fails: false }
  const watch = watchInTurn(watchOf('applying'), watchOf('looking'), async () => {
    if (leads.fails) throw new Error('nobody answers')
    return leads.now
  })
  await watch.check()
  assert.equal(watch.fault, 'applying')
  leads.now = false
  await watch.check()
  assert.equal(watch.fault, 'looking')
  leads.fails = true
  await watch.check()
  assert.deepEqual(checked, ['applying', 'looking', 'looking'])
})
