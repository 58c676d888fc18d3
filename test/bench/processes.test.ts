import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { childrenOf, cpuTimeUs, familyOf, residentMb, startProgram, ticksOf } from '../../bench/processes.ts'
import { temporaryDirectory } from '../support/directories.ts'

test('CPU time is read behind the name of the program, which may hold blanks and brackets', () => {
  const stat = '42 (a) b) 9) S 1 42 42 0 -1 4194304 100 0 0 0 11 22 33 44 20 0 1 0 5 6 7'
  assert.equal(ticksOf(stat), 33)
})

test('the CPU time of a process grows by what it works', () => {
  const before = { told: cpuTimeUs([process.pid]), own: process.cpuUsage() }
  while (process.cpuUsage(before.own).user < 200_000) Math.sqrt(before.told)
  const { user, system } = process.cpuUsage(before.own)
  const grown = cpuTimeUs([process.pid]) - before.told
  // Ticks are of 10 ms, and the other threads of the process go on between the two readings.
  assert.ok(Math.abs(grown - user - system) <= 50_000, `${grown} for ${user + system}`)
})

test('resident memory is told in MB', () => {
  assert.ok(Math.abs(residentMb([process.pid]) - process.memoryUsage.rss() / 1_048_576) < 1)
})

test('children of a process are told, and that there are none is an error', (t) => {
  const child = spawn('sleep', ['60'])
  t.after(async () => {
    child.kill()
    await once(child, 'exit')
  })
  assert.ok(childrenOf(process.pid).includes(child.pid ?? 0))
  assert.throws(() => childrenOf(child.pid ?? 0), /no children/)
})

test('a family is a process and all below it, whichever thread started them', async (t) => {
  const thread = `const { spawn } = require('node:child_process')
    require('node:worker_threads').parentPort.postMessage(spawn('sleep', ['60']).pid)`
  const program = `const { Worker } = require('node:worker_threads')
    new Worker(${JSON.stringify(thread)}, { eval: true }).on('message', (pid) => console.log(pid))
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(async () => {
    for (const pid of familyOf(child.pid ?? 0).toReversed()) process.kill(pid)
    await once(child, 'exit')
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  assert.deepEqual(familyOf(child.pid ?? 0), [child.pid, Number(line)])
  assert.throws(() => familyOf(4_194_304), { name: 'OperatorError', message: /no process 4194304/ })
})

test('a program that does not start is told of with its own words', async (t) => {
  await using opened = new AsyncDisposableStack()
  const address = `unix:${join(await temporaryDirectory(t), 'none.sock')}`
  const starting = startProgram(process.execPath, ['-e', 'throw new Error("no luck")'], { address, opened })
  await assert.rejects(starting, /no luck/)
})
