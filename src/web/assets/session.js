/* oxlint-disable */
// Asks the visitor once to sign in when fetch or XMLHttpRequest meets our 401, and sends GETs again after that.
// An app that would rather ask itself calls preventDefault() on "postern:sign-in".
{
  const { fetch: send, XMLHttpRequest: Request } = window
  let waiting = null
  let declined = false

  const isOurs = (body) => body?.errors?.[0]?.code === 'not_signed_in'

  const signIn = () => {
    if (declined || waiting) return waiting
    const mayAsk = dispatchEvent(new CustomEvent('postern:sign-in', { cancelable: true }))
    declined = !mayAsk || !confirm('Your sign-in has ended. Sign in again?')
    if (declined) return null
    const start = `/.postern/start?rd=${encodeURIComponent(location.pathname + location.search)}`
    waiting = new Promise((resolve) => {
      const back = () => resolve((waiting = null))
      if (window.open(start)) addEventListener('focus', back, { once: true })
      else location.assign(start)
    })
    return waiting
  }

  window.fetch = async (input, init) => {
    const response = await send(input, init)
    if (response.status !== 401 || new URL(response.url).origin !== location.origin) return response
    const body = await response
      .clone()
      .json()
      .catch(() => null)
    const signedIn = isOurs(body) ? signIn() : null
    const method = (init?.method ?? input.method ?? 'GET').toUpperCase()
    if (!signedIn || method !== 'GET') return response
    await signedIn
    return send(input, init)
  }

  const { send: sendOld } = Request.prototype
  Request.prototype.send = function (body) {
    this.addEventListener('load', () => {
      if (this.status !== 401 || new URL(this.responseURL).origin !== location.origin) return
      try {
        if (isOurs(this.responseType === 'json' ? this.response : JSON.parse(this.responseText))) signIn()
      } catch {
        // Not our answer.
      }
    })
    return sendOld.call(this, body)
  }
}
