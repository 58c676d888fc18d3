/* oxlint-disable */
// A button with data-copy puts the text of the element with that id on the clipboard. It is hidden until it can.
{
  const button = document.querySelector('button[data-copy]')
  if (navigator.clipboard) {
    button.hidden = false
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent)
      button.textContent = button.dataset.copied ?? 'Copied'
    })
  }
}
