/** The sign-in page, and the boxes for what lasts. */
export const SIGN_IN = {
  'sign_in.title': 'Sign in',
  'sign_in.onward': 'to go on to {host}',
  'sign_in.login': 'Login',
  'sign_in.password': 'Password',
  'sign_in.submit': 'Sign in',
  'sign_in.forgot': 'Forgot your password?',
  'sign_in.remember': 'Stay signed in on this device',
  'sign_in.remember_hint': 'For {time}. Leave it off on a device that others use.',
  'sign_in.passkey': 'Use a passkey instead',
  'sign_in.passkey_problem': 'No passkey was accepted. Try again, or enter login and password.',
  'sign_in.username_missing': 'Enter your login.',
  'sign_in.password_missing': 'Enter your password.',
  'sign_in.wrong_credentials': 'Login or password is wrong. Check both and try again.',
  'sign_in.passkey_refused': 'This passkey was not accepted. Try again, or enter login and password.',
  'sign_in.stopped': 'There were too many attempts. Try again later.',
  'sign_in.expired': 'That took too long, or had too many tries. Begin again.',
  'sign_in.busy': 'Many people are signing in right now. Try again in a few seconds.',
  'sign_in.form_expired': 'This page was open for too long. Enter your password again.',
  'sign_in.cookie_missing':
    'Your browser did not send back the cookie of this page. Allow cookies for this address, see that it begins with https, and enter your password again.',
} as const
