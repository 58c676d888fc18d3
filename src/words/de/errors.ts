export const FAILURES = {
  'error.bad_request': 'Die Anfrage hat nicht die erwartete Form.',
  'error.address_not_judged':
    'Postern kann noch nicht sagen, welche Regel für diese Adresse gemeint ist: Sie enthält Zeichen, die Server verschieden lesen.',
  'error.body_too_large': 'Der Inhalt der Anfrage ist größer, als hier angenommen wird. Schicken Sie weniger.',
  'error.invalid_credentials': 'Anmeldename oder Passwort ist falsch.',
  'error.wrong_second_factor':
    'Das wurde nicht als zweiter Faktor akzeptiert. Versuchen Sie es mit einem neuen noch einmal.',
  'error.sign_in_expired':
    'Diese Anmeldung hat zu lange gedauert, oder es waren zu viele Versuche. Beginnen Sie von vorn.',
  'error.not_signed_in': 'Melden Sie sich zuerst an.',
  'error.cross_site_request':
    'Dieses Formular wurde nicht von dieser Seite gesendet oder ist zu alt. Laden Sie die Seite neu, und versuchen Sie es noch einmal.',
  'error.forbidden': 'Sie sind angemeldet, dürfen dies aber nicht öffnen.',
  'error.holds_more':
    'Diese Person darf mit Postern Dinge tun, die Sie nicht dürfen. Wenden Sie sich an die Administration.',
  'error.not_yours_to_give':
    'Damit dürfte jemand mit Postern Dinge tun, die Sie selbst nicht dürfen. Wenden Sie sich an die Administration.',
  'error.proof_needed': 'Weisen Sie noch einmal nach, wer Sie sind, und versuchen Sie es dann erneut.',
  'error.unknown_user': 'Es gibt niemanden mit diesem Anmeldenamen.',
  'error.not_found': 'Diese Seite gibt es nicht.',
  'error.nothing_there': 'Das gibt es nicht, oder es ist schon vorbei.',
  'error.already_there': 'Das gibt es schon.',
  'error.last_administrator':
    'Das ist die letzte Person mit Administrationsrechten. Geben Sie zuerst jemand anderem die Rolle postern-admin.',
  'error.user_disabled': 'Diese Person ist gesperrt. Geben Sie zuerst das Konto wieder frei.',
  'error.policy_in_file':
    'Die Richtlinie steht in einer Datei (POSTERN_POLICY_FILE). Ändern Sie diese Datei; sie wird von selbst angewandt.',
  'error.still_running':
    'Eine Anfrage mit diesem Idempotency-Key wurde begonnen und ist noch nicht beendet. Sehen Sie nach, ob sie gewirkt hat, und verwenden Sie dann einen neuen Schlüssel.',
  'error.key_reused':
    'Dieser Idempotency-Key wurde für eine andere Anfrage verwendet. Verwenden Sie für alles, was angelegt wird, einen neuen Schlüssel.',
  'error.changed_since':
    'Dies wurde von jemand anderem geändert, seit es gelesen wurde. Lesen Sie es neu, und entscheiden Sie dann.',
  'error.link_not_valid':
    'Dieser Link wurde schon benutzt oder ist abgelaufen. Bitten Sie Ihre Administration um Zugriff; solange es noch gar kein Konto gibt, erzeugt ein Neustart von Postern einen neuen Link.',
  'error.reset_link_not_valid':
    'Dieser Link wurde schon benutzt oder ist abgelaufen. Lassen Sie sich einen neuen geben.',
  'error.wrong_host':
    'Postern ist unter einer anderen Adresse zu erreichen als dieser. Nehmen Sie die Startseite; wenn auch sie nicht stimmt, prüfen Sie POSTERN_PUBLIC_URL.',
  'error.too_many_attempts': 'Das waren zu viele Versuche.',
  'error.rate_limited': 'Von Ihrem Netzwerk oder Konto kamen zu viele Anfragen.',
  'error.internal': 'Hier ist etwas schiefgegangen. Versuchen Sie es noch einmal; Einzelheiten stehen im Protokoll.',
  'error.app_unreachable':
    'Die App hinter dieser Seite antwortet nicht. Versuchen Sie es in einem Augenblick noch einmal.',
  'error.store_unavailable': 'Die Datenbank antwortet nicht. Versuchen Sie es in einem Augenblick noch einmal.',
  'failure.400': 'Diese Anfrage war nicht lesbar',
  'failure.401': 'Melden Sie sich zuerst an',
  'failure.403': 'Das ist nicht erlaubt',
  'failure.404': 'Seite nicht gefunden',
  'failure.405': 'Das geht hier nicht',
  'failure.410': 'Dieser Link gilt nicht mehr',
  'failure.421': 'Falsche Adresse',
  'failure.429': 'Zu viele Anfragen',
  'failure.502': 'Die App antwortet nicht',
  'failure.503': 'Gerade nicht verfügbar',
  'failure.other': 'Etwas ist schiefgegangen',
  'failure.home': 'Zur Startseite',
  'failure.tell': 'Wenn das wieder vorkommt, nennen Sie Ihrer Administration: Fehler {status}, Anfrage {request}',
  'failure.try_again': '{message} Versuchen Sie es in {wait} noch einmal.',
} as const
