export const MAX_PASSWORD_CODE_POINTS = 1_024

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
