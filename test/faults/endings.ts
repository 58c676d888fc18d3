import type { AnyCall, SignInCall, SignOutCall, UserCall } from './history.ts'

/** When a sign-in that was acknowledged ended, as far as callers were told. */
export interface Life {
  readonly signIn: SignInCall
  /** From here on it has ended for certain: when the first call that ends it had returned with success; or Infinity. */
  readonly endedAt: number
  /** The call that ended it. */
  readonly endedBy: SignOutCall | UserCall | null
  /** From here on it may have ended: when the first call was sent that could; or Infinity. */
  readonly mayEndAt: number
}

/** How long after its caller has given up a command may still take effect. */
const AFTERMATH_MS = 20_000

type Ending = SignOutCall | UserCall

/** The life of each sign-in that was acknowledged, by its name. */
export function livesOf(calls: readonly AnyCall[]): ReadonlyMap<string, Life> {
  const endings = calls.filter(isEnding)
  const signIns = calls.filter((call) => call.kind === 'sign_in' && call.status === 200)
  return new Map(signIns.map((call) => [(call as SignInCall).signIn, lifeOf(call as SignInCall, endings)]))
}

function isEnding(call: AnyCall): call is Ending {
  return call.kind === 'sign_out' || call.kind === 'revoke' || call.kind === 'disable'
}

function lifeOf(signIn: SignInCall, endings: readonly Ending[]): Life {
  const possible = endings.filter((ending) => mayEnd(ending, signIn))
  const certain = possible.filter((ending) => ending.status === 200 && mustEnd(ending, signIn))
  const [endedBy = null] = certain.sort((one, other) => one.receivedAt - other.receivedAt)
  return {
    signIn,
    endedAt: endedBy?.receivedAt ?? Infinity,
    endedBy,
    mayEndAt: Math.min(Infinity, ...possible.map(({ sentAt }) => sentAt)),
  }
}

function mayEnd(ending: Ending, signIn: SignInCall): boolean {
  if (ending.kind === 'sign_out') return ending.signIn === signIn.signIn
  const lastEffect = ending.status === 200 ? ending.receivedAt : ending.receivedAt + AFTERMATH_MS
  return ending.login === signIn.login && signIn.sentAt <= lastEffect
}

/** Who is disabled is out with all that was acknowledged until then; a revocation names what was there when it came. */
function mustEnd(ending: Ending, signIn: SignInCall): boolean {
  if (ending.kind === 'disable') return signIn.receivedAt <= ending.receivedAt
  return signIn.receivedAt <= ending.sentAt
}
