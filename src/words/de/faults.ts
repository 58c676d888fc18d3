export const FAULTS = {
  'fault.login': 'Verwenden Sie 1 bis 64 Zeichen: a–z, 0–9 und, nach dem ersten, . _ -',
  'fault.email': 'Verwenden Sie eine E-Mail-Adresse wie alice@example.com.',
  'fault.name': 'Verwenden Sie 1 bis {most} Zeichen ohne Zeilenumbrüche.',
  'fault.login_taken': 'Diesen Anmeldenamen hat schon jemand.',
  'fault.email_taken': 'Diese Adresse hat schon jemand.',
  'fault.password_short': 'Verwenden Sie mindestens {least} Zeichen.',
  'fault.password_long': 'Verwenden Sie höchstens {most} Zeichen.',
  'fault.password_classes':
    'Verwenden Sie mindestens {least} davon: Kleinbuchstaben, Großbuchstaben, Ziffern, andere Zeichen.',
  'fault.password_login': 'Lassen Sie den Anmeldenamen weg.',
  'fault.password_email': 'Lassen Sie den Namen aus der E-Mail-Adresse weg.',
  'fault.password_app': 'Lassen Sie {app} weg, den Namen einer App: Er wird zuerst geraten.',
  'fault.password_common': 'Wählen Sie ein anderes: Dieses gehört zu den Passwörtern, die zuerst geraten werden.',
  'fault.password_current': 'Wählen Sie eines, das nicht Ihr aktuelles Passwort ist.',
  'fault.password_before': 'Wählen Sie eines, das nicht unter Ihren letzten {most} Passwörtern ist.',
} as const
