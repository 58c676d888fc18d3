/** Setting a password by a link. */
export const RESET = {
  'reset.ask_title': 'Forgot your password?',
  'reset.ask_hint': 'We send a link to the e-mail address of your account.',
  'reset.login_or_email': 'Login or e-mail address',
  'reset.send': 'Send the link',
  'reset.back': 'Back to sign-in',
  'reset.nothing_entered': 'Enter your login or your e-mail address.',
  'reset.form_expired': 'This page was open for too long, or your browser keeps no cookies. Try again.',
  'reset.sent_title': 'Look into your mail',
  'reset.sent': 'If there is an account with this login or address, a link is on its way to its e-mail address.',
  'reset.sent_hint':
    'It works once, for 30 minutes. Nothing there? Look for it in the spam folder, then ask your administrator.',
  'reset.title': 'Set a new password',
  'reset.hint': 'All sessions of this account end. Second factors stay.',
  'reset.new_password': 'New password',
  'reset.submit': 'Set the password',
  'reset.done_title': 'Your password is set',
  'reset.done': 'All sessions of your account have ended. Sign in with the new password.',
  'reset.done_tokens': 'API tokens still work. End those that are not yours, or that somebody else may know.',
  'reset.tokens': 'Your API tokens',
} as const
