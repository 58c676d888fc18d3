export const PORTAL = {
  'first_run.title': 'Postern einrichten',
  'first_run.title_invited': 'Konto anlegen',
  'first_run.first': 'Legen Sie das erste Konto an. Weitere entstehen in der Konsole oder mit {command}.',
  'first_run.invited': 'Sie wurden als {email} eingeladen.',
  'first_run.faulty': 'Es wurde noch nichts gespeichert. Bessern Sie nach, was unten markiert ist.',
  'first_run.email': 'E-Mail-Adresse',
  'first_run.name': 'Name',
  'first_run.submit': 'Konto anlegen',
  'new_password.hint': 'Mindestens {count} Zeichen. Einige Wörter hintereinander merken sich leicht.',
  'forbidden.title': 'Kein Zugriff',
  'forbidden.who': 'Sie sind als {login} angemeldet und dürfen diese Seite nicht öffnen.',
  'forbidden.nobody': 'Diese Seite steht Ihnen nicht offen.',
  'forbidden.ask': 'Wenn Sie sie brauchen, bitten Sie Ihre Administration um Zugriff.',
  'forbidden.number': 'Nennen Sie Ihrer Administration diese Nummer',
  'forbidden.other': 'Als jemand anderes anmelden',
  'hand_over.title': 'Anmeldung nicht abgeschlossen',
  'hand_over.why':
    'Dieser Rückweg von der Anmeldeseite wurde schon benutzt, hat zu lange gedauert oder begann in einem anderen Browser.',
  'hand_over.advice': 'Versuchen Sie es noch einmal. Kommt diese Seite wieder, erlauben Sie Cookies für diese Adresse.',
  'loop.title': 'Die Anmeldung hält nicht',
  'loop.what': 'Ihr Browser kam mehrmals zu {host} zurück, ohne eingelassen zu werden.',
  'loop.administrator': 'Für die Administration: {advice} Führen Sie {command} aus. Ursache: {cause}',
  'loop.cookie_missing':
    'Ihr Browser behält das Cookie nicht, das sagt, dass Sie angemeldet sind. Erlauben Sie Cookies für diese Adresse.',
  'loop.cookie_missing_administrator':
    'Wenn Cookies erlaubt sind: Die Domain in POSTERN_COOKIE_DOMAIN muss diesen Host umfassen und darf kein öffentliches Suffix sein, und zwischen Browser und Postern darf nichts Set-Cookie entfernen.',
  'loop.cookie_doubled':
    'Ihr Browser sendet zwei Cookies mit demselben Namen, also zählt keines davon. Löschen Sie die Cookies dieser Adresse.',
  'loop.cookie_doubled_administrator':
    'Kommen sie wieder, setzt eine App auf dieser Domain ein Cookie mit diesem Namen.',
  'loop.cookie_not_valid':
    'Ihr Browser sendet ein Cookie, das nicht mehr gilt. Löschen Sie die Cookies dieser Adresse.',
  'loop.cookie_not_valid_administrator':
    'Gilt auch ein neues nicht, vergleichen Sie die Uhren der Server, und prüfen Sie, ob alle Replikate dieselbe Datenbank verwenden.',
  'loop.gateway_not_told':
    'Sie sind angemeldet, aber der Proxy vor der App erfährt nichts davon. Sie selbst können das nicht ändern.',
  'loop.gateway_not_told_administrator':
    'Der Proxy muss den Cookie-Header weitergeben, wenn er Postern fragt, und den Host so nennen, wie der Browser ihn schrieb.',
  'loop.proof_too_old':
    'Diese Seite verlangt bei jedem Besuch eine neue Anmeldung. Sie selbst können das nicht ändern.',
  'loop.proof_too_old_administrator':
    'Die Uhren von Postern und seiner Datenbank müssen übereinstimmen, und max_auth_age der Regel muss genug Zeit lassen, um anzukommen.',
  'loop.wrong_scheme':
    'Diese Adresse wurde mit http geöffnet, Anmeldungen bleiben aber nur mit https erhalten. Schreiben Sie https:// davor.',
  'loop.wrong_scheme_administrator':
    'War es https: Der Proxy muss das in X-Forwarded-Proto sagen. War es http: Leiten Sie es um, oder ändern Sie POSTERN_PUBLIC_URL.',
  'sign_out.title': 'Abmelden',
  'sign_out.question': 'Abmelden?',
  'sign_out.who':
    'Sie sind als {login} angemeldet. Beim Abmelden wird auch jede App geschlossen, die Sie in diesem Browser geöffnet haben.',
  'sign_out.stay': 'Angemeldet bleiben',
  'signed_out.title': 'Abgemeldet',
  'signed_out.heading': 'Sie sind abgemeldet',
  'signed_out.advice':
    'Sie können diese Seite schließen. Schließen Sie an einem Computer, den auch andere nutzen, zusätzlich den Browser.',
  'signed_out.again': 'Wieder anmelden',
  'signed_in.heading': 'Sie sind angemeldet',
} as const
