import { readFileSync, readlinkSync } from 'node:fs'
import { OperatorError } from '../errors.ts'

/** Which of our listeners a socket can be passed for, by the name that its unit gives it. */
export const PASSED_NAMES = ['portal', 'verify', 'ops'] as const
export type PassedName = (typeof PASSED_NAMES)[number]

/** A socket that listens already, by its descriptor in the process that it was passed to: this one, or its primary. */
export interface PassedSocket {
  readonly pid: number
  readonly fd: number
}
export type PassedSockets = Readonly<Partial<Record<PassedName, PassedSocket>>>

/** Passed descriptors begin here (sd_listen_fds(3)). */
const FIRST_FD = 3
const ADVICE = `In its .socket unit set FileDescriptorName= to ${PASSED_NAMES.join(', ').replace(/, (\w+)$/, ' or $1')}`

/** Whether any were passed to that process; its variables are left to its workers. */
export function havePassedSockets(environment: Readonly<Record<string, string | undefined>>, pid: number): boolean {
  return environment['LISTEN_PID'] === String(pid) && Number(environment['LISTEN_FDS']) > 0
}

/**
 * Takes the sockets that systemd, or whoever else speaks sd_listen_fds(3), passed to a process, and removes their
 * variables, so that no child takes them for its own.
 * @param pid of the process that they have to be for; those for another are not ours
 * @throws OperatorError when one has no name that we know, or two have the same
 */
export function takePassedSockets(environment: Record<string, string | undefined>, pid: number): PassedSockets {
  const { LISTEN_PID: forPid, LISTEN_FDS: count, LISTEN_FDNAMES: names = '' } = environment
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete environment[name]
  if (forPid !== String(pid)) return {}
  const given = names.split(':')
  const sockets: Partial<Record<PassedName, PassedSocket>> = {}
  for (let index = 0; index < Number(count); index++) {
    const name = PASSED_NAMES.find((known) => known === given[index])
    if (name === undefined)
      throw new OperatorError(`A socket was passed under the name "${given[index] ?? ''}". ${ADVICE}.`)
    if (sockets[name] !== undefined)
      throw new OperatorError(`Two sockets were passed under the name ${name}. ${ADVICE}, each once.`)
    sockets[name] = { pid, fd: FIRST_FD + index }
  }
  return sockets
}

/** Path of a passed Unix socket, which Node knows only of those that it bound; null where it is none. */
export function pathOfPassed({ pid, fd }: PassedSocket): string | null {
  const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? []
  const lines = readFileSync(`/proc/${pid}/net/unix`, 'utf8').split('\n')
  // Address, references, protocol, flags, type, state, inode, path: the last one may hold blanks.
  const path = lines.map((line) => /^(?:\S+\s+){6}(\d+) (.+)$/.exec(line)).find((found) => found?.[1] === inode)?.[2]
  return path ?? null
}
