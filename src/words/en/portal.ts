/** Pages around signing in: making an account, signing out, no access, and what went wrong on the way. */
export const PORTAL = {
  'first_run.title': 'Set up Postern',
  'first_run.title_invited': 'Make your account',
  'first_run.first': 'Make the first account. Others are made in the console or with {command}.',
  'first_run.invited': 'You were invited as {email}.',
  'first_run.faulty': 'Nothing was saved yet. Mend what is marked below.',
  'first_run.email': 'E-mail',
  'first_run.name': 'Name',
  'first_run.submit': 'Create the account',
  'new_password.hint': '{count} characters or more. A few words are easy to remember.',
  'forbidden.title': 'No access',
  'forbidden.who': 'You are signed in as {login}, who may not open this page.',
  'forbidden.nobody': 'This page is not open to you.',
  'forbidden.ask': 'If you need it, ask your administrator for access.',
  'forbidden.number': 'Tell your administrator this number',
  'forbidden.other': 'Sign in as somebody else',
  'hand_over.title': 'Sign-in not completed',
  'hand_over.why': 'This way back from the sign-in page was used before, took too long, or began in another browser.',
  'hand_over.advice': 'Try again. If this page comes back, allow cookies for this address.',
  'loop.title': 'Sign-in does not hold',
  'loop.what': 'Your browser came back to {host} several times without being let in.',
  'loop.administrator': 'For the administrator: {advice} Run {command}. Cause: {cause}',
  'loop.cookie_missing':
    'Your browser does not keep the cookie that says that you are signed in. Allow cookies for this address.',
  'loop.cookie_missing_administrator':
    'If cookies are allowed: the domain in POSTERN_COOKIE_DOMAIN must hold this host and must not be a public suffix, and nothing between browser and Postern may drop Set-Cookie.',
  'loop.cookie_doubled':
    'Your browser sends two cookies of the same name, so none of them counts. Delete the cookies of this address.',
  'loop.cookie_doubled_administrator': 'If they come back, an app on this domain sets a cookie of that name.',
  'loop.cookie_not_valid':
    'Your browser sends a cookie that does not count any more. Delete the cookies of this address.',
  'loop.cookie_not_valid_administrator':
    'If a new one does not count either, compare the clocks of the servers, and see that all replicas use one database.',
  'loop.gateway_not_told':
    'You are signed in, but the proxy in front of the app does not learn of it. You can not change that yourself.',
  'loop.gateway_not_told_administrator':
    'The proxy must hand the Cookie header on when it asks Postern, and name the host as the browser wrote it.',
  'loop.proof_too_old':
    'This page wants you to sign in anew each time that you come. You can not change that yourself.',
  'loop.proof_too_old_administrator':
    'The clocks of Postern and of its database must agree, and max_auth_age of the rule must leave time to arrive.',
  'loop.wrong_scheme':
    'This address was opened with http, but sign-ins are only kept with https. Write https:// in front of it.',
  'loop.wrong_scheme_administrator':
    'If it was https: the proxy must say so in X-Forwarded-Proto. If it was http, redirect it, or change POSTERN_PUBLIC_URL.',
  'sign_out.title': 'Sign out',
  'sign_out.question': 'Sign out?',
  'sign_out.who': 'You are signed in as {login}. Signing out also closes every app you opened in this browser.',
  'sign_out.stay': 'Stay signed in',
  'signed_out.title': 'Signed out',
  'signed_out.heading': 'You are signed out',
  'signed_out.advice': 'You can close this page. On a computer that others use, close the browser as well.',
  'signed_out.again': 'Sign in again',
  'signed_in.heading': 'You are signed in',
} as const
