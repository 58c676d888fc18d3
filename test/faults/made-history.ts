import type { History, PolicyCall, SignInCall, SignOutCall, UserCall, VerifyCall } from './history.ts'
import { createRecorder } from './history.ts'
import type { Effect } from './history.ts'

/** Writes a history by hand; times in ms, every call takes 10. */
export interface MadeHistory extends History {
  signIn(signIn: string, at: number, more?: Partial<SignInCall>): MadeHistory
  signOut(signIn: string, at: number, more?: Partial<SignOutCall>): MadeHistory
  verify(signIn: string, at: number, status: number | null, more?: Partial<VerifyCall>): MadeHistory
  user(kind: UserCall['kind'], at: number, more?: Partial<UserCall>): MadeHistory
  policy(denied: boolean, at: number, more?: Partial<PolicyCall>): MadeHistory
  fault(effect: Effect, from: number, until: number, process?: number | null): MadeHistory
  stall(from: number, until: number, process?: number | null): MadeHistory
  /** All is well in the end for these sign-ins, on both processes. */
  endWell(...signIns: string[]): MadeHistory
}

/** Whose sign-ins these are, unless said otherwise. */
export const LOGIN = 'alice'
const TOOK_MS = 10
const END = 900_000

/** An empty history of two processes. */
export function madeHistory(): MadeHistory {
  const recorder = createRecorder()
  const made: MadeHistory = {
    ...recorder,
    signIn(signIn, at, more = {}) {
      const call = { process: 0, signIn, login: LOGIN, wrongPassword: false, status: 200 }
      recorder.call({ kind: 'sign_in', ...call, ...times(at), ...more })
      return made
    },
    signOut(signIn, at, more = {}) {
      recorder.call({ kind: 'sign_out', process: 0, signIn, ...times(at), status: 200, ...more })
      return made
    },
    verify(signIn, at, status, more = {}) {
      const login = status === 200 ? LOGIN : null
      const call = { process: 0, life: 1, signIn, path: '/', login, atEnd: false } as const
      recorder.call({ kind: 'verify', ...call, ...times(at), status, ...more })
      return made
    },
    user(kind, at, more = {}) {
      recorder.call({ process: null, login: LOGIN, ...times(at), status: 200, ...more, kind })
      return made
    },
    policy(denied, at, more = {}) {
      recorder.call({ kind: 'policy', process: null, denied, ...times(at), status: 200, ...more })
      return made
    },
    fault(effect, from, until, process = null) {
      recorder.fault({ fault: 'made', effect, process, from, until })
      return made
    },
    stall(from, until, process = null) {
      recorder.stall({ process, from, until })
      return made
    },
    endWell(...signIns) {
      for (const process of [0, 1]) {
        for (const signIn of signIns) made.verify(signIn, END, 200, { process, atEnd: true })
        recorder.call({ kind: 'health', process, troubles: [], ...times(END), status: 200 })
      }
      return made
    },
  }
  return made
}

function times(at: number): { sentAt: number; receivedAt: number } {
  return { sentAt: at, receivedAt: at + TOOK_MS }
}
