import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { ListenAddress } from '../config/values.ts'
import { showListenAddress } from '../config/values.ts'
import { OperatorError } from '../errors.ts'
import { pathOfPassed } from './passed-sockets.ts'
import type { PassedSocket } from './passed-sockets.ts'

const SOCKET_MODE = 0o660

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is taken by another process. Stop that one, or choose another address',
  EACCES: 'may not be opened by this user. Choose another address',
  EADDRNOTAVAIL: 'is no address of this machine. Choose one that is',
  ENOTFOUND: 'has a name that no address is known for. Choose another address',
  ENOENT: 'lies in a folder that does not exist. Make the folder, or choose another',
}

export interface ListenOptions {
  /** Name of the setting that chose the address, for messages. */
  readonly setting: string
  readonly socketGroup: string | null
  /** A socket that listens there already, whose mode and group are its owner's to choose; none unless given. */
  readonly passed?: PassedSocket | undefined
}

/**
 * Opens a listener; a Unix socket is for its owner and group alone, and one that a killed process left is replaced.
 * @throws OperatorError when the address can't be had, or a passed socket is at another one; the app is closed then
 */
export async function listen(app: FastifyInstance, address: ListenAddress, options: ListenOptions): Promise<void> {
  try {
    if (options.passed === undefined) await open(app, address, options.socketGroup)
    else await takeOver(app, address, { ...options, passed: options.passed })
  } catch (error) {
    await app.close()
    const reason = reasonOf(error, address)
    if (reason === undefined) throw error
    throw new OperatorError(`${showListenAddress(address)} ${reason} with ${options.setting}.`, 1, { cause: error })
  }
}

/**
 * Removes a socket whose process is gone; on one that may be alive the listener fails by itself.
 * @throws OperatorError when something else than a socket lies there
 */
export async function removeStaleSocket(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isSocket()) throw new OperatorError(`${path} is not a socket. Choose another path, or remove it.`)
  if (await isRefused(path)) rmSync(path, { force: true })
}

function reasonOf(error: unknown, address: ListenAddress): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  // libuv tells of a missing folder as if it were forbidden.
  const isMissing = error.code === 'EACCES' && address.kind === 'unix' && !existsSync(dirname(address.path))
  return REASONS[isMissing ? 'ENOENT' : String(error.code)]
}

async function open(app: FastifyInstance, address: ListenAddress, socketGroup: string | null): Promise<void> {
  if (address.kind === 'tcp') {
    await app.listen({ host: address.host, port: address.port })
    return
  }
  makeLastFolder(dirname(address.path))
  await removeStaleSocket(address.path)
  await app.listen({ path: address.path })
  if (socketGroup !== null) giveToGroup(address.path, socketGroup)
  chmodSync(address.path, SOCKET_MODE)
}

/**
 * Whose word counts, which rules hold and what snippets say all follow from the setting, so a socket somewhere else would
 * be served under the wrong ones.
 */
async function takeOver(
  app: FastifyInstance,
  address: ListenAddress,
  { setting, passed }: ListenOptions & { readonly passed: PassedSocket },
): Promise<void> {
  await listenOn(app, passed).catch((error: unknown) => {
    const advice = 'Pass a socket that listens: a .socket unit with ListenStream='
    throw new OperatorError(`What was passed for ${setting} is no socket to listen on. ${advice}.`, 1, { cause: error })
  })
  const found = addressOf(app)
  if (isSame(found, address)) return
  const shown = showListenAddress(found)
  throw new OperatorError(
    `The socket that was passed is ${shown}, but ${setting} is ${showListenAddress(address)}. Set ${setting}=${shown}, or change ListenStream= of its .socket unit.`,
  )
}

async function listenOn(app: FastifyInstance, passed: PassedSocket): Promise<void> {
  const path = pathOfPassed(passed)
  if (path !== null) app.server.address = () => path
  // The framework hands this on as it is; any host but localhost keeps it from listening at a second address.
  const options = { fd: passed.fd, host: 'passed' }
  await app.listen(options)
}

function addressOf({ server }: FastifyInstance): ListenAddress {
  const address = server.address()
  if (address === null) throw new Error('the server does not listen')
  if (typeof address === 'string') return { kind: 'unix', path: address }
  return { kind: 'tcp', host: address.address, port: address.port }
}

function isSame(found: ListenAddress, wanted: ListenAddress): boolean {
  if (found.kind === 'unix' || wanted.kind === 'unix') return showListenAddress(found) === showListenAddress(wanted)
  const isLocalhost = wanted.host === 'localhost' && ['127.0.0.1', '::1'].includes(found.host)
  return found.port === wanted.port && (isLocalhost || found.host === wanted.host)
}

/** `/run/postern` is gone after every boot; a folder that can't be made is told of by the listener. */
function makeLastFolder(folder: string): void {
  try {
    mkdirSync(folder)
    chmodSync(folder, 0o755)
  } catch {
    return
  }
}

/** @throws OperatorError for a name that `/etc/group` doesn't have */
function groupId(group: string): number {
  if (/^\d+$/.test(group)) return Number(group)
  const line = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${group}:`))
  const id = Number(line?.split(':')[2] ?? Number.NaN)
  if (Number.isInteger(id)) return id
  throw new OperatorError(`There is no group ${group} on this machine. Set POSTERN_SOCKET_GROUP to one that there is.`)
}

function giveToGroup(path: string, group: string): void {
  const id = groupId(group)
  try {
    chownSync(path, process.getuid?.() ?? 0, id)
  } catch (error) {
    const advice = 'Set POSTERN_SOCKET_GROUP to a group that the user of Postern belongs to.'
    throw new OperatorError(`${path} can't be given to group ${group}. ${advice}`, 1, { cause: error })
  }
}

/** Only a refusal proves that nobody listens: a busy socket says try again, a foreign one may not be asked. */
function isRefused(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path, () => {
      probe.destroy()
      resolve(false)
    })
    probe.on('error', (error) => resolve('code' in error && error.code === 'ECONNREFUSED'))
  })
}
