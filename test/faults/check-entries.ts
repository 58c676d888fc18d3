import type { Examined, Violation } from './checker.ts'
import type { AnyCall, SignInCall, UserCall, VerifyCall } from './history.ts'

/** How long after its caller has given up a command may still take effect. */
const AFTERMATH_MS = 20_000

/** Rules 4 and 5: nobody is in who never signed in, and who is in is who signed in. */
export function checkEntries(examined: Examined): Violation[] {
  const { calls } = examined.history
  const signIns = new Map(calls.filter((call) => call.kind === 'sign_in').map((call) => [call.signIn, call]))
  return [
    ...examined.verifies.flatMap((call) => checkVerify(call, signIns)),
    ...[...signIns.values()].flatMap((call) => checkSignIn(call, calls)),
  ]
}

function checkVerify(call: VerifyCall, signIns: ReadonlyMap<string, SignInCall>): Violation[] {
  if (call.status !== 200) return []
  const signIn = signIns.get(call.signIn)
  if (signIn === undefined) {
    return [{ rule: 'entered', sentence: `process ${call.process} let in a ${call.signIn} token`, calls: [call] }]
  }
  if (signIn.login === call.login) return []
  const sentence = `the cookie is ${signIn.login}'s, process ${call.process} named ${call.login}`
  return [{ rule: 'identity', sentence, calls: [signIn, call] }]
}

function checkSignIn(call: SignInCall, calls: readonly AnyCall[]): Violation[] {
  if (call.status !== 200) return []
  if (call.wrongPassword) {
    return [{ rule: 'entered', sentence: `${call.login} signed in with a wrong password`, calls: [call] }]
  }
  const disabled = disabledThroughout(call, calls)
  if (disabled === null) return []
  return [{ rule: 'entered', sentence: `${call.login} signed in though disabled`, calls: [disabled, call] }]
}

/** The command that kept somebody out all the time while a sign-in was under way, or null. */
function disabledThroughout({ login, sentAt, receivedAt }: SignInCall, calls: readonly AnyCall[]): UserCall | null {
  const ofUser = calls.filter((call) => (call.kind === 'disable' || call.kind === 'enable') && call.login === login)
  const disabled = ofUser.filter((call) => call.kind === 'disable' && call.status === 200 && call.receivedAt < sentAt)
  const last = disabled.at(-1) as UserCall | undefined
  if (last === undefined) return null
  const undone = ofUser.some((call) => {
    const lastEffect = call.status === 200 ? call.receivedAt : call.receivedAt + AFTERMATH_MS
    return call.kind === 'enable' && call.sentAt < receivedAt && lastEffect > last.sentAt
  })
  return undone ? null : last
}
