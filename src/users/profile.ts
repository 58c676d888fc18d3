/** What a person is known by. Kept to characters that every header, log and shell passes on unharmed. */
export interface Profile {
  readonly login: string
  readonly email: string
  readonly name: string
}

const LOGIN_PATTERN = /^[a-z0-9][a-z0-9._-]{0,63}$/
const EMAIL_PATTERN =
  /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/
const MAX_EMAIL_CHARACTERS = 254
const MAX_NAME_CHARACTERS = 200
/** Control characters, line breaks, lone surrogates, and what turns the direction of the text around it. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u

/** Logins and e-mail addresses as they are stored and compared: without outer blanks, in lower case. */
export function canonical(loginOrEmail: string): string {
  return loginOrEmail.trim().toLowerCase()
}

/** What is wrong with a profile: for each field at fault a sentence that says what is expected. */
export function profileFaults(profile: Partial<Profile>): Partial<Record<keyof Profile, string>> {
  const { login, email, name } = profile
  return {
    ...(login !== undefined &&
      !LOGIN_PATTERN.test(login) && {
        login: 'Use 1 to 64 characters: a–z, 0–9, and . _ - after the first.',
      }),
    ...(email !== undefined && !isEmail(email) && { email: 'Use an e-mail address such as alice@example.com.' }),
    ...(name !== undefined &&
      !isName(name) && {
        name: `Use 1 to ${MAX_NAME_CHARACTERS} characters without line breaks.`,
      }),
  }
}

function isEmail(text: string): boolean {
  return text.length <= MAX_EMAIL_CHARACTERS && EMAIL_PATTERN.test(text)
}

function isName(text: string): boolean {
  return text.trim() === text && text.length >= 1 && text.length <= MAX_NAME_CHARACTERS && !CONTROLS.test(text)
}
