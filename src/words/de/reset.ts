export const RESET = {
  'reset.ask_title': 'Passwort vergessen?',
  'reset.ask_hint': 'Wir senden einen Link an die E-Mail-Adresse Ihres Kontos.',
  'reset.login_or_email': 'Anmeldename oder E-Mail-Adresse',
  'reset.send': 'Link senden',
  'reset.back': 'Zurück zur Anmeldung',
  'reset.nothing_entered': 'Geben Sie Ihren Anmeldenamen oder Ihre E-Mail-Adresse ein.',
  'reset.form_expired':
    'Diese Seite war zu lange geöffnet, oder Ihr Browser behält keine Cookies. Versuchen Sie es noch einmal.',
  'reset.sent_title': 'Sehen Sie in Ihr Postfach',
  'reset.sent':
    'Wenn es ein Konto mit diesem Anmeldenamen oder dieser Adresse gibt, ist ein Link an dessen E-Mail-Adresse unterwegs.',
  'reset.sent_hint':
    'Er gilt einmal, für 30 Minuten. Nichts da? Suchen Sie im Spam-Ordner, und fragen Sie dann Ihre Administration.',
  'reset.title': 'Neues Passwort festlegen',
  'reset.hint': 'Alle Sitzungen dieses Kontos enden. Zweite Faktoren bleiben.',
  'reset.new_password': 'Neues Passwort',
  'reset.submit': 'Passwort festlegen',
  'reset.done_title': 'Ihr Passwort ist festgelegt',
  'reset.done': 'Alle Sitzungen Ihres Kontos sind beendet. Melden Sie sich mit dem neuen Passwort an.',
  'reset.done_tokens':
    'API-Tokens gelten weiter. Beenden Sie alle, die nicht von Ihnen sind oder die jemand anderes kennen könnte.',
  'reset.tokens': 'Ihre API-Tokens',
} as const
