export const SIGN_IN = {
  'sign_in.title': 'Anmelden',
  'sign_in.onward': 'weiter zu {host}',
  'sign_in.login': 'Anmeldename',
  'sign_in.password': 'Passwort',
  'sign_in.submit': 'Anmelden',
  'sign_in.forgot': 'Passwort vergessen?',
  'sign_in.remember': 'Auf diesem Gerät angemeldet bleiben',
  'sign_in.remember_hint': 'Für {time}. Auf Geräten, die auch andere nutzen, bitte nicht ankreuzen.',
  'sign_in.passkey': 'Stattdessen mit Passkey anmelden',
  'sign_in.passkey_problem':
    'Es wurde kein Passkey akzeptiert. Versuchen Sie es noch einmal, oder geben Sie Anmeldename und Passwort ein.',
  'sign_in.username_missing': 'Geben Sie Ihren Anmeldenamen ein.',
  'sign_in.password_missing': 'Geben Sie Ihr Passwort ein.',
  'sign_in.wrong_credentials':
    'Anmeldename oder Passwort ist falsch. Prüfen Sie beides, und versuchen Sie es noch einmal.',
  'sign_in.passkey_refused':
    'Dieser Passkey wurde nicht akzeptiert. Versuchen Sie es noch einmal, oder geben Sie Anmeldename und Passwort ein.',
  'sign_in.stopped': 'Das waren zu viele Versuche. Versuchen Sie es später noch einmal.',
  'sign_in.expired': 'Das hat zu lange gedauert, oder es waren zu viele Versuche. Beginnen Sie von vorn.',
  'sign_in.busy': 'Gerade melden sich viele Menschen an. Versuchen Sie es in ein paar Sekunden noch einmal.',
  'sign_in.form_expired': 'Diese Seite war zu lange geöffnet. Geben Sie Ihr Passwort noch einmal ein.',
  'sign_in.cookie_missing':
    'Ihr Browser hat das Cookie dieser Seite nicht zurückgeschickt. Erlauben Sie Cookies für diese Adresse, achten Sie darauf, dass sie mit https beginnt, und geben Sie Ihr Passwort noch einmal ein.',
} as const
