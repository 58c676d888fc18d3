import { userInfo } from 'node:os'

/** Whoever calls a command, for people who read later who did what. A container may run as an id without a name. */
export function operatorName(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.()}`
  }
}
