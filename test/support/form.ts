/** Names and values of the hidden fields of the form that posts to `action`: a page may have several forms. */
export function hiddenFields(markup: string, action: string): Record<string, string> {
  const form = markup.split('<form').find((part) => part.includes(`action="${action}"`)) ?? ''
  const inputs = form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)
  return Object.fromEntries([...inputs].map(([, name = '', value = '']) => [name, value]))
}
