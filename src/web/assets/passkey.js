/* oxlint-disable */
// A form with data-passkey="create" or "get" asks the browser for a passkey and is sent with the answer in its field
// "response". The question is the JSON in data-options, or what data-options-from answers to a POST of the form's csrf.
// With data-passkey-offer the browser also offers passkeys in the page's fields with autocomplete="… webauthn".
// What goes wrong unhides the element that the form names in aria-describedby.
{
  const QUESTIONS_LAST_MS = 100_000
  const container = navigator.credentials
  let offer = null

  const decode = (text) => {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
    return Uint8Array.from(binary, (character) => character.charCodeAt(0))
  }
  const encode = (buffer) => {
    const binary = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join('')
    return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
  }

  const fromJson = (options) => {
    const known = (list = []) => list.map((one) => ({ ...one, id: decode(one.id) }))
    return {
      ...options,
      challenge: decode(options.challenge),
      ...(options.user && { user: { ...options.user, id: decode(options.user.id) } }),
      ...(options.allowCredentials && { allowCredentials: known(options.allowCredentials) }),
      ...(options.excludeCredentials && { excludeCredentials: known(options.excludeCredentials) }),
    }
  }

  const toJson = ({ id, type, response }) => {
    const parts = { transports: response.getTransports?.() ?? [] }
    for (const name of ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
      if (response[name]) parts[name] = encode(response[name])
    }
    return JSON.stringify({ id, rawId: id, type, response: parts })
  }

  const questionOf = async ({ dataset, elements }) => {
    if (dataset.options) return JSON.parse(dataset.options)
    const body = new URLSearchParams({ csrf: elements.csrf.value })
    const response = await fetch(dataset.optionsFrom, { method: 'POST', body })
    if (!response.ok) throw new Error(`no question: ${response.status}`)
    return response.json()
  }

  const ask = async (form, extras) => {
    const publicKey = fromJson(await questionOf(form))
    const credential = await container[form.dataset.passkey]({ publicKey, ...extras })
    form.elements.response.value = toJson(credential)
    HTMLFormElement.prototype.submit.call(form)
  }

  const show = (form, hidden) => {
    const problem = document.getElementById(form.getAttribute('aria-describedby'))
    if (problem) problem.hidden = hidden
  }

  const onSubmit = async (event) => {
    const form = event.target.closest('form[data-passkey]')
    if (!form) return
    event.preventDefault()
    offer?.abort()
    show(form, true)
    try {
      await ask(form, {})
    } catch {
      show(form, false)
    }
  }

  const keepOffering = async (form) => {
    offer = new AbortController()
    const { signal } = offer
    const renew = setTimeout(() => {
      offer.abort()
      keepOffering(form)
    }, QUESTIONS_LAST_MS)
    signal.addEventListener('abort', () => clearTimeout(renew))
    await ask(form, { mediation: 'conditional', signal }).catch(() => undefined)
  }

  document.addEventListener('submit', onSubmit)
  const offered = document.querySelector('form[data-passkey-offer]')
  if (offered) {
    window.PublicKeyCredential?.isConditionalMediationAvailable?.().then((may) => may && keepOffering(offered))
  }
}
