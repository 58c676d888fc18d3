/* oxlint-disable */
// A form with data-strength asks there how strong its field "password" is once nothing was typed for a moment, and says
// it in the element with the id "strength". Without an answer nothing is shown.
{
  const PAUSE_MS = 400
  const form = document.querySelector('form[data-strength]')
  const shown = document.getElementById('strength')
  const WORDS = shown.dataset.words.split('|')
  const { password, csrf } = form.elements
  let pause = 0
  let asked = 0

  const ask = async () => {
    const number = ++asked
    const body = new URLSearchParams({ csrf: csrf.value, password: password.value })
    const reply = await fetch(form.dataset.strength, { method: 'POST', body })
    if (number !== asked) return
    if (!reply.ok) throw new Error(`not measured: ${reply.status}`)
    const { score, warning } = (await reply.json()).data
    shown.querySelector('meter').value = score
    shown.querySelector('span').textContent = warning ? `${WORDS[score]}. ${warning}` : WORDS[score]
    shown.hidden = password.value === ''
  }

  password.addEventListener('input', () => {
    clearTimeout(pause)
    if (password.value === '') shown.hidden = true
    else pause = setTimeout(() => ask().catch(() => (shown.hidden = true)), PAUSE_MS)
  })
}
