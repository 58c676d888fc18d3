/* oxlint-disable */
// Draws regions anew when something happens that they show: the server sends the same page again, and of that each
// region with data-live and an id takes the place of the old one. Without this the page shows how things were.
{
  const regions = () => [...document.querySelectorAll('[data-live][id]')]
  const [first] = regions()
  const address = first?.dataset.liveFrom
  const rules = { createHTML: (markup) => markup }
  const policy = window.trustedTypes?.createPolicy('postern-live', rules) ?? rules
  const PAUSE_MS = 2_000
  const due = new Set()
  let busy = false
  let retryMs = 1_000

  const isInUse = (region) =>
    region.matches(':focus-within') ||
    (region.contains(getSelection()?.anchorNode ?? null) && !getSelection().isCollapsed)

  const openOnes = (region) => [...region.querySelectorAll('details')].map((each) => each.open)

  const take = (fresh, ids) => {
    for (const id of ids) {
      const [old, young] = [document.getElementById(id), fresh.getElementById(id)]
      if (!old || !young || isInUse(old)) continue
      const wereOpen = openOnes(old)
      const adopted = document.importNode(young, true)
      adopted.querySelectorAll('details').forEach((each, place) => (each.open = wereOpen[place] ?? false))
      old.replaceWith(adopted)
    }
  }

  const draw = async () => {
    if (busy || due.size === 0 || document.hidden) return
    busy = true
    const ids = [...due]
    due.clear()
    try {
      const reply = await fetch(location.href, { headers: { accept: 'text/html' }, redirect: 'error' })
      if (reply.ok) take(new DOMParser().parseFromString(policy.createHTML(await reply.text()), 'text/html'), ids)
    } catch {
      // The next event tries again.
    }
    setTimeout(() => {
      busy = false
      draw()
    }, PAUSE_MS)
  }

  const heard = (type) => {
    for (const region of regions()) if (region.dataset.live.split(' ').includes(type)) due.add(region.id)
    draw()
  }

  const listen = () => {
    const socket = new WebSocket(new URL(address, location.href.replace(/^http/, 'ws')))
    let opened = false
    socket.addEventListener('open', () => {
      if (retryMs > 1_000) regions().forEach(({ id }) => due.add(id))
      opened = true
      retryMs = 1_000
      document.documentElement.dataset.liveState = 'open'
      draw()
    })
    socket.addEventListener('message', ({ data }) => heard(JSON.parse(data).type))
    socket.addEventListener('close', ({ code }) => {
      document.documentElement.dataset.liveState = 'closed'
      // 4401: the sign-in has ended; 4403: what it showed is not to be seen any more.
      if (code === 4401 || code === 4403) return location.reload()
      if (!opened && retryMs > 60_000) return
      setTimeout(listen, retryMs)
      retryMs *= 2
    })
  }

  if (address) {
    listen()
    document.addEventListener('visibilitychange', draw)
  }
}
