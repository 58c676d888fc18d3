/** What new passwords have to be like. */
export interface PasswordRules {
  /** In code points, as people count characters. */
  readonly minLength: number
  /** How many of lower-case letters, upper-case letters, digits and others there must be; 0 unless somebody has to. */
  readonly classes: number
  /** How many of somebody's passwords may not come again, the current one among them. */
  readonly history: number
}

/** Whose password it is to be, as far as that is known. */
export interface PasswordOwner {
  readonly login: string
  readonly email: string
}

export const MAX_PASSWORD_CODE_POINTS = 1_024
const CLASSES = [/\p{Ll}/u, /\p{Lu}/u, /\p{Nd}/u, /[^\p{Ll}\p{Lu}\p{Nd}]/u] as const
/** Shorter names stand in many words. */
const SHORTEST_LOGIN = 3
const SHORTEST_NAME = 4

/**
 * What is wrong with the length of a new password, as a sentence, or null.
 * @param minLength in code points, as people count characters
 */
export function passwordFault(password: string, minLength: number): string | null {
  const length = Array.from(password.normalize('NFC')).length
  if (length < minLength) return `Use at least ${minLength} characters.`
  if (length > MAX_PASSWORD_CODE_POINTS) return `Use at most ${MAX_PASSWORD_CODE_POINTS} characters.`
  return null
}

/** The same for all that can be told from the password and whom it is for. @param appNames those of the policy */
export function ruleFault(
  password: string,
  { minLength, classes }: PasswordRules,
  owner: PasswordOwner,
  appNames: readonly string[],
): string | null {
  const lengthFault = passwordFault(password, minLength)
  if (lengthFault !== null) return lengthFault
  if (classesOf(password) < classes)
    return `Use at least ${classes} of these: lower-case letters, upper-case letters, digits, other characters.`
  const [localPart = ''] = owner.email.split('@')
  if (holds(password, owner.login, SHORTEST_LOGIN)) return 'Leave out the login.'
  if (holds(password, localPart, SHORTEST_LOGIN)) return 'Leave out the name of the e-mail address.'
  const app = appNames.find((name) => holds(password, name, SHORTEST_NAME))
  return app === undefined ? null : `Leave out ${app}, the name of an app: it is guessed first.`
}

function classesOf(password: string): number {
  return CLASSES.filter((pattern) => pattern.test(password.normalize('NFC'))).length
}

function holds(password: string, name: string, shortest: number): boolean {
  return name.length >= shortest && folded(password).includes(folded(name))
}

function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}
