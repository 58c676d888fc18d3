export const SECOND_FACTOR = {
  'second_factor.title': 'Zweiter Faktor',
  'second_factor.title_step_up': 'Bestätigen Sie, dass Sie es sind',
  'second_factor.wrong': 'Das wurde nicht akzeptiert. Versuchen Sie es mit einem neuen Code noch einmal.',
  'second_factor.missing': 'Geben Sie den Code ein.',
  'second_factor.stopped': 'Das waren zu viele Versuche. Versuchen Sie es später noch einmal.',
  'second_factor.form_expired': 'Diese Seite war zu lange geöffnet. Versuchen Sie es noch einmal.',
  'second_factor.use_totp': 'Stattdessen den Code einer App verwenden',
  'second_factor.use_webauthn': 'Stattdessen Passkey oder Sicherheitsschlüssel verwenden',
  'second_factor.use_recovery': 'Stattdessen einen Wiederherstellungscode verwenden',
  'second_factor.code': 'Code',
  'second_factor.recovery_code': 'Wiederherstellungscode',
  'second_factor.code_hint': 'Sechs Ziffern aus Ihrer Authenticator-App.',
  'second_factor.recovery_hint': 'Einer der Codes, die Sie aufbewahren sollten.',
  'second_factor.have_key': 'Halten Sie Ihren Sicherheitsschlüssel bereit, oder das Gerät mit Ihrem Passkey.',
  'second_factor.passkey_problem':
    'Es wurde nichts akzeptiert. Versuchen Sie es noch einmal, oder nehmen Sie einen anderen Weg.',
  'second_factor.no_script':
    'Passkeys brauchen JavaScript. Erlauben Sie es für diese Seite, oder nehmen Sie einen anderen Weg.',
  'second_factor.use_key': 'Passkey oder Sicherheitsschlüssel verwenden',
  'second_factor.trust': 'Diesem Gerät vertrauen',
  'second_factor.trust_hint':
    'Für {time} werden Sie hier beim Anmelden nicht nach einem zweiten Faktor gefragt. Auf Geräten, die auch andere nutzen, bitte nicht ankreuzen.',
  'second_factor.none_title': 'Ein zweiter Faktor ist nötig',
  'second_factor.none_host':
    '{host} dürfen nur Personen öffnen, die ihre Identität auf einem zweiten Weg nachgewiesen haben, und Sie haben noch keinen eingerichtet.',
  'second_factor.none_page':
    'Diese Seite dürfen nur Personen öffnen, die ihre Identität auf einem zweiten Weg nachgewiesen haben, und Sie haben noch keinen eingerichtet.',
  'second_factor.none_again': 'Ich habe einen eingerichtet: weiter',
  'enrol.title': 'Zweiten Faktor einrichten',
  'enrol.why':
    'Um fortzufahren, brauchen Sie einen zweiten Weg, Ihre Identität nachzuweisen. Halten Sie eine Authenticator-App bereit, auf Ihrem Telefon oder in Ihrem Passwortmanager.',
  'enrol.show_key': 'Schlüssel für die App anzeigen',
  'enrol.scan': 'Scannen Sie dies mit der App. Es wird nur dieses eine Mal angezeigt.',
  'enrol.type': 'Oder tippen Sie dort diesen Schlüssel ein: {key}',
  'enrol.picture': 'QR-Code für die App',
  'enrol.code': 'Code aus der App',
  'enrol.code_hint': 'Sechs Ziffern.',
  'enrol.wrong':
    'Dieser Code passt nicht. Warten Sie auf den nächsten; passt keiner, brechen Sie ab, und beginnen Sie mit einem neuen Schlüssel.',
  'enrol.missing': 'Geben Sie den Code ein.',
  'enrol.stopped': 'Das waren zu viele Versuche. Versuchen Sie es später noch einmal.',
  'enrol.form_expired': 'Diese Seite war zu lange geöffnet. Brechen Sie ab, und beginnen Sie von vorn.',
  'enrol.soon_title': 'Bald ist ein zweiter Faktor nötig',
  'enrol.soon':
    'Ab dem {day} brauchen Sie zum Anmelden einen zweiten Faktor. Richten Sie ihn jetzt ein; das dauert eine Minute.',
  'enrol.later': 'Später',
} as const
