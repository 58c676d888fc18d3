import { ruleFault } from './password-rules.ts'
import type { PasswordOwner, PasswordRules } from './password-rules.ts'
import type { Passwords, StoredPassword } from './password.ts'
import type { Strength } from './strength-process.ts'
import type { StrengthMeter } from './strength.ts'

/** What somebody may choose as a password: one path for pages, links and commands. */
export interface NewPasswords {
  readonly rules: PasswordRules
  /**
   * What is wrong with a new password, as a sentence for whoever chose it, or null.
   * @param before the passwords that may not come again, the current one first; none for somebody new
   * @throws PosternError `too_many_attempts` when too many passwords are being checked
   */
  fault(password: string, owner: PasswordOwner, before: readonly StoredPassword[]): Promise<string | null>
  /** How easily it is guessed, for a meter beside the field; refused while others wait. @throws as `fault` */
  strength(password: string, owner: PasswordOwner): Promise<Strength>
  close(): void
}

export interface NewPasswordsOptions {
  readonly rules: PasswordRules
  readonly passwords: Pick<Passwords, 'verify'>
  readonly meter: StrengthMeter
  /** Names of the apps in the policy in force. */
  readonly appNames: () => readonly string[]
}

/** Builds the check of new passwords. */
export function createNewPasswords({ passwords, meter, appNames, ...options }: NewPasswordsOptions): NewPasswords {
  // A change that changes nothing would leave a stolen password as it is.
  const history = Math.max(1, options.rules.history)
  const rules = { ...options.rules, history }
  return {
    rules,
    async fault(password, owner, before) {
      const fault = ruleFault(password, rules, owner, appNames())
      if (fault !== null) return fault
      const { isCommon } = await meter.measure(password, wordsOf(owner))
      if (isCommon) return 'Choose another one: this is among the passwords that are guessed first.'
      for (const stored of before.slice(0, history))
        if ((await passwords.verify(stored, password)) !== null) return knownBefore(history)
      return null
    },
    strength: (password, owner) => meter.measureAside(password, wordsOf(owner)),
    close: () => meter.close(),
  }
}

function knownBefore(history: number): string {
  if (history === 1) return 'Choose one that is not your current password.'
  return `Choose one that is not among your last ${history} passwords.`
}

/** What whoever guesses at this person's password would try first. */
function wordsOf({ login, email }: PasswordOwner): string[] {
  return [login, email, ...email.split('@', 1)]
}
