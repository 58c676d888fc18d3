import assert from 'node:assert/strict'
import { availableParallelism, totalmem } from 'node:os'
import { test } from 'node:test'
import { cgroupsOf, cpusOf, machineLimits } from '../../src/observe/machine-limits.ts'

test('the limits are no more than the machine has, and more than nothing', () => {
  const { memoryBytes, cpus } = machineLimits()
  assert.ok(memoryBytes > 0 && memoryBytes <= totalmem())
  assert.ok(cpus > 0 && cpus <= availableParallelism())
})

test('a quota counts in parts of a processor, and none is no limit', () => {
  const texts = ['150000 100000\n', '50000 100000', 'max 100000\n', '', '0 100000', 'x 1']
  assert.deepEqual(texts.map(cpusOf), [1.5, 0.5, Infinity, Infinity, Infinity, Infinity])
})

test('the limits of all cgroups above count as well', () => {
  assert.deepEqual(cgroupsOf('1:cpu:/old\n0::/system.slice/postern.service\n'), [
    '/sys/fs/cgroup/system.slice/postern.service',
    '/sys/fs/cgroup/system.slice',
    '/sys/fs/cgroup/',
  ])
  assert.deepEqual([cgroupsOf('0::/\n'), cgroupsOf('')], [['/sys/fs/cgroup/'], []])
})
