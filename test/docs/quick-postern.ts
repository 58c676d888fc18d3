import { chmodSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { run } from '../../src/cli/cli.ts'
import type { Cleanup } from '../support/directories.ts'
import type { PosternEnv } from '../support/postern-process.ts'
import { ROOT } from './fences.ts'

/** Sends its words on, as a start of the whole program takes ten times as long; what reads from a pipe is started. */
const CLIENT = `#!/usr/bin/env node
const { request } = require('node:http')
const { spawnSync } = require('node:child_process')
const args = process.argv.slice(2)
if (args.some((word) => word.endsWith('-stdin'))) {
  process.exitCode = spawnSync(${JSON.stringify(join(ROOT, 'bin/postern'))}, args, { stdio: 'inherit' }).status
} else {
  const asked = request({ socketPath: process.env.QUICK_POSTERN, method: 'POST' }, (reply) => {
    process.exitCode = Number(reply.headers['exit-code'])
    reply.pipe(process.stdout)
  })
  const settings = Object.entries(process.env).filter(([name]) => name.startsWith('POSTERN_'))
  asked.end(JSON.stringify({ args, settings: Object.fromEntries(settings) }))
}
`

/**
 * Puts a `postern` into a folder whose commands run in this process, one at a time.
 * @returns what to set for whoever calls it
 */
export async function installQuickPostern(t: Cleanup, folder: string, env: PosternEnv): Promise<PosternEnv> {
  const [program, socket] = [join(folder, 'postern'), join(folder, 'socket')]
  writeFileSync(program, CLIENT)
  chmodSync(program, 0o755)
  const server = createServer((request, response) => {
    void answer(request).then(({ exitCode, said }) => response.setHeader('exit-code', exitCode).end(said))
  })
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  t.after(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { ...env, PATH: `${folder}:${process.env['PATH']}`, QUICK_POSTERN: socket }
}

async function answer(request: IncomingMessage): Promise<{ exitCode: number; said: string }> {
  const { args, settings } = (await json(request)) as { args: string[]; settings: PosternEnv }
  let said = ''
  const restores = [process.stdout, process.stderr].map((stream) => captured(stream, (text) => (said += text)))
  const before = swapSettings(settings)
  try {
    return { exitCode: await run(args), said }
  } finally {
    swapSettings(before)
    for (const restore of restores) restore()
  }
}

/** Takes what is written as text; the runner's own messages are bytes and pass. Gives what ends this. */
function captured(stream: NodeJS.WriteStream, take: (text: string) => void): () => void {
  const write = stream.write.bind(stream)
  stream.write = (chunk: string | Uint8Array, ...more: never[]) => {
    if (typeof chunk !== 'string') return write(chunk, ...more)
    take(chunk)
    return true
  }
  return () => {
    stream.write = write
  }
}

/** Puts other settings in the place of all that there are; gives those. */
function swapSettings(env: PosternEnv): PosternEnv {
  const before = Object.entries(process.env).filter(([name]) => name.startsWith('POSTERN_'))
  for (const [name] of before) delete process.env[name]
  Object.assign(process.env, env)
  return Object.fromEntries(before.map(([name, value = '']) => [name, value]))
}
