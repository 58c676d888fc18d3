import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Config } from '../config/settings.ts'
import { showListenAddress } from '../config/values.ts'
import { OperatorError } from '../errors.ts'
import { table } from './command.ts'
import type { CommandResult } from './command.ts'

const DEADLINE_MS = 5_000

interface Detail {
  readonly status: string
  readonly parts: Readonly<Record<string, { readonly status: string; readonly detail?: string }>>
}

/** `system health`: what the running server says at its operations address; ends with 1 unless all is well. */
export async function systemHealth({ opsListen }: Pick<Config, 'opsListen'>): Promise<CommandResult> {
  const detail = await readDetail(opsListen)
  const rows = Object.entries(detail.parts).map(([name, part]) => [name, part.status, part.detail ?? ''])
  const shown = `${table(['PART', 'STATUS', ''], rows)}\nAltogether: ${detail.status}.`
  return { exitCode: detail.status === 'ok' ? 0 : 1, text: shown, data: detail }
}

/** `system health --ready`: whether it takes requests, for health checks of containers; ends with 1 where it doesn't. */
export async function systemReady({ opsListen }: Pick<Config, 'opsListen'>): Promise<CommandResult> {
  const { status } = await askOps(opsListen, '/health')
  const ready = status === 200
  const sentence = ready ? 'The server is ready.' : 'The server is not ready. `postern system health` says why.'
  return { exitCode: ready ? 0 : 1, text: sentence, data: { ready } }
}

async function readDetail(address: Config['opsListen']): Promise<Detail> {
  const { body } = await askOps(address, '/health/detail')
  try {
    const detail = JSON.parse(body) as Partial<Detail>
    if (typeof detail.status === 'string' && detail.parts !== undefined) return { ...detail } as Detail
  } catch {
    // Told below.
  }
  throw new OperatorError(`What answers at ${showListenAddress(address)} (POSTERN_OPS_LISTEN) is no Postern.`)
}

interface Answer {
  readonly status: number
  readonly body: string
}

/** @throws OperatorError when nothing answers */
async function askOps(address: Config['opsListen'], path: string): Promise<Answer> {
  const where = address.kind === 'unix' ? { socketPath: address.path } : { host: address.host, port: address.port }
  try {
    return await ask({ ...where, path })
  } catch (cause) {
    const shown = showListenAddress(address)
    throw new OperatorError(`Nothing answers at ${shown} (POSTERN_OPS_LISTEN). Is the server running?`, 1, { cause })
  }
}

function ask(where: { readonly path: string }): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const asked = request({ ...where, signal: AbortSignal.timeout(DEADLINE_MS) }, (answer) => {
    text(answer).then((body) => resolve({ status: answer.statusCode ?? 0, body }), reject)
  })
  asked.on('error', reject).end()
  return promise
}
