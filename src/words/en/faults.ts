/**
 * What is wrong with what somebody entered. Levels below the pages say it in English, since commands and programs read
 * it as well; `retell` finds the sentence here and says it in the reader's language.
 */
export const FAULTS = {
  'fault.login': 'Use 1 to 64 characters: a–z, 0–9, and . _ - after the first.',
  'fault.email': 'Use an e-mail address such as alice@example.com.',
  'fault.name': 'Use 1 to {most} characters without line breaks.',
  'fault.reason': 'Say why, in 1 to {most} characters without line breaks.',
  'fault.login_taken': 'Somebody has this login already.',
  'fault.email_taken': 'Somebody has this address already.',
  'fault.password_short': 'Use at least {least} characters.',
  'fault.password_long': 'Use at most {most} characters.',
  'fault.password_classes':
    'Use at least {least} of these: lower-case letters, upper-case letters, digits, other characters.',
  'fault.password_login': 'Leave out the login.',
  'fault.password_email': 'Leave out the name of the e-mail address.',
  'fault.password_app': 'Leave out {app}, the name of an app: it is guessed first.',
  'fault.password_common': 'Choose another one: this is among the passwords that are guessed first.',
  'fault.password_current': 'Choose one that is not your current password.',
  'fault.password_before': 'Choose one that is not among your last {most} passwords.',
  'fault.token_name': 'Give a name of 1 to {most} characters, such as the machine it is for.',
  'fault.token_days': 'Give 1 to {most} days.',
  'fault.token_most': 'There are {most} tokens already. Revoke one first.',
  'fault.token_beyond': 'Its owner may not do this: {permissions}.',
  'fault.token_app': 'The policy has no app of this name.',
  'fault.token_host': 'A host is a name such as wiki.example.com.',
  'fault.token_method': 'Methods are {methods}.',
  'fault.token_permission': 'Permissions are {permissions}.',
  'fault.token_path': 'A path is a pattern such as /api/**: {why}.',
  'fault.token_own_path': 'A token has one owner: write the login itself, not {login}.',
  'fault.items_or_none': 'Give 1 to {most}, or none.',
  'fault.items_or_all': 'Give 1 to {most}, or none for all.',
} as const
