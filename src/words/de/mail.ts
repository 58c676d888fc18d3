export const MAIL = {
  'mail.password_changed.subject': 'Ihr Passwort wurde geändert',
  'mail.password_changed.line':
    'Das Passwort Ihres Kontos {login} wurde geändert. Alle anderen Sitzungen sind beendet. API-Tokens gelten weiter: Beenden Sie sie auf {host} unter „API-Tokens“.',
  'mail.password_reset.subject': 'Ihr Passwort wurde zurückgesetzt',
  'mail.password_reset.line':
    'Das Passwort Ihres Kontos {login} wurde über einen Link neu festgelegt. Alle Sitzungen sind beendet. API-Tokens gelten weiter: Beenden Sie sie auf {host} unter „API-Tokens“.',
  'mail.email_changed.subject': 'Ihre E-Mail-Adresse wurde geändert',
  'mail.email_changed.line':
    'Die E-Mail-Adresse Ihres Kontos {login} wurde geändert. E-Mails gehen ab jetzt an die neue.',
  'mail.factor_added.subject': 'Ein zweiter Faktor wurde hinzugefügt',
  'mail.factor_added.line': 'Zu Ihrem Konto {login} wurde hinzugefügt: {factor}.',
  'mail.factor_removed.subject': 'Ein zweiter Faktor wurde entfernt',
  'mail.factor_removed.line': 'Von Ihrem Konto {login} wurde entfernt: {factor}.',
  'mail.factors_reset.subject': 'Ihre zweiten Faktoren wurden entfernt',
  'mail.factors_reset.line': 'Die Administration hat alle zweiten Faktoren Ihres Kontos {login} entfernt.',
  'mail.recovery_codes_renewed.subject': 'Sie haben neue Wiederherstellungscodes',
  'mail.recovery_codes_renewed.line':
    'Ihr Konto {login} hat neue Wiederherstellungscodes. Die bisherigen gelten nicht mehr.',
  'mail.recovery_code_used.subject': 'Ein Wiederherstellungscode wurde benutzt',
  'mail.recovery_code_used.line':
    'Jemand hat sich mit einem Wiederherstellungscode an Ihrem Konto {login} angemeldet. Der Code ist damit verbraucht.',
  'mail.passkey_copy_suspected.subject': 'Ein Passkey wurde vielleicht kopiert',
  'mail.passkey_copy_suspected.line':
    'Ein Passkey Ihres Kontos {login} hat so geantwortet, wie es nur eine Kopie täte. Er wurde abgelehnt. Entfernen Sie ihn auf {host} unter „Zweite Faktoren“, und fügen Sie einen anderen hinzu.',
  'mail.new_device.subject': 'Ein neues Gerät hat sich angemeldet',
  'mail.new_device.line':
    'Jemand hat sich mit einem Gerät, das wir noch nicht kannten, an Ihrem Konto {login} angemeldet.',
  'mail.sign_in_stopped.subject': 'Eine Anmeldung wurde gestoppt',
  'mail.sign_in_stopped.line':
    'Jemand kannte das Passwort Ihres Kontos {login}, aber die Anmeldung wurde gestoppt, weil sie ungewöhnlich aussah.',
  'mail.device_trusted.subject': 'Ein Gerät wird wiedererkannt',
  'mail.device_trusted.line':
    'Auf einem Gerät wird der zweite Faktor Ihres Kontos {login} eine Zeit lang nicht mehr verlangt.',
  'mail.api_token_created.subject': 'Ein API-Token wurde angelegt',
  'mail.api_token_created.line':
    'Für Ihr Konto {login} wurde ein API-Token angelegt. Damit können Programme in Ihrem Namen handeln.',
  'mail.break_glass_used.subject': 'Ein Notfallkonto wurde benutzt',
  'mail.break_glass_used.line': 'Jemand hat sich mit dem Notfallkonto {about} angemeldet.',
  'mail.role_granted.subject': 'Sie haben vorübergehend eine Rolle',
  'mail.role_granted.line': 'Ihr Konto {login} hat die Rolle {role} bis {until}. Sie endet von selbst.',
  'mail.grant_revoked.subject': 'Eine Rolle wurde Ihnen entzogen',
  'mail.grant_revoked.line': 'Ihr Konto {login} hatte vorübergehend die Rolle {role}. Sie wurde vorzeitig beendet.',
  'mail.grant_expired.subject': 'Eine Ihrer Rollen ist abgelaufen',
  'mail.grant_expired.line': 'Ihr Konto {login} hatte vorübergehend die Rolle {role}. Das ist vorbei.',
  'mail.session_moved.subject': 'Waren Sie das?',
  'mail.session_moved.line':
    'Eine Sitzung Ihres Kontos {login} wurde aus einem anderen Netzwerk und zugleich von einem anderen Gerät fortgesetzt. Wenn Sie das waren, tun Sie nichts. Wenn nicht, beenden Sie die Sitzung auf {host} unter „Sitzungen“.',
  'mail.session_moved_ended.subject': 'Eine Sitzung wurde beendet',
  'mail.session_moved_ended.line':
    'Eine Sitzung Ihres Kontos {login} kam aus einem anderen Netzwerk und zugleich von einem anderen Gerät, wie es eine gestohlene täte. Sie wurde beendet: Melden Sie sich neu an.',
  'mail.many_networks.subject': 'Ihr Konto wurde aus vielen Netzwerken benutzt',
  'mail.many_networks.line':
    'Ihr Konto {login} wurde innerhalb einer Stunde aus mehr Netzwerken benutzt, als ein Mensch erreicht. Sehen Sie nach, wo Sie angemeldet sind, und beenden Sie, was Sie nicht kennen.',
  'mail.sign_in_burst.subject': 'Viele Anmeldungen schlagen fehl',
  'mail.sign_in_burst.line':
    'Anmeldungen schlagen für weit mehr Namen fehl als sonst, wie wenn jemand gestohlene Passwörter durchprobiert. Die Zahlen stehen im Audit-Protokoll: postern audit search --type anomaly_sign_in_burst.',
  'mail.reset.subject': 'Neues Passwort festlegen',
  'mail.reset.line':
    'Jemand hat für Ihr Konto {login} ein neues Passwort angefordert. Der Link gilt einmal, für 30 Minuten.',
  'mail.reset.button': 'Neues Passwort festlegen',
  'mail.reset.after': 'Wenn Sie das nicht waren, tun Sie nichts: Ohne den Link ändert sich nichts.',
  'mail.invitation.subject': 'Sie sind eingeladen',
  'mail.invitation.line': 'Sie sind eingeladen, auf {host} ein Konto anzulegen. Der Link gilt einmal.',
  'mail.invitation.button': 'Konto anlegen',
  'mail.invitation.after': 'Wenn Sie das nicht erwartet haben, tun Sie nichts.',
  'mail.email_confirm.subject': 'Bestätigen Sie Ihre E-Mail-Adresse',
  'mail.email_confirm.line':
    'Bestätigen Sie, dass Sie E-Mails für das Konto {login} unter dieser Adresse erreichen. Der Link gilt einmal, für 24 Stunden.',
  'mail.email_confirm.button': 'Adresse bestätigen',
  'mail.email_confirm.after': 'Wenn Sie das nicht veranlasst haben, tun Sie nichts.',
  'mail.email_change_requested.subject': 'Ihre E-Mail-Adresse soll geändert werden',
  'mail.email_change_requested.line':
    'Jemand, der als {login} angemeldet ist, möchte E-Mails künftig an {email} statt an diese Adresse erhalten.',
  'mail.email_change_requested.calm':
    'Wenn Sie das waren, tun Sie hier nichts: Eine E-Mail mit einem Link ging an die neue Adresse.',
  'mail.email_change_requested.button': 'Das war ich nicht: stoppen',
  'mail.email_change_requested.after':
    'Der Link macht die Änderung auch noch 3 Tage danach rückgängig und beendet alle Sitzungen.',
  'mail.not_you':
    'Wenn Sie das nicht waren, setzen Sie sofort Ihr Passwort zurück, und sagen Sie Ihrer Administration Bescheid.',
  'mail.button': 'Nachsehen, wo Sie angemeldet sind',
  'mail.factor_totp': 'eine Authenticator-App',
  'mail.factor_webauthn': 'ein Passkey oder Sicherheitsschlüssel',
  'mail.factor_recovery': 'Wiederherstellungscodes',
  'mail.factor_other': 'ein zweiter Faktor',
  'mail.at': 'Wo',
  'mail.when': 'Wann',
  'mail.from': 'Von',
  'mail.shell': 'der Kommandozeile',
  'mail.device': 'Gerät',
  'mail.invited_by': 'Eingeladen von',
  'device.both': '{browser} auf {system}',
  'device.unknown': 'Unbekanntes Gerät',
  'device.unknown_browser': 'Unbekannter Browser',
} as const
