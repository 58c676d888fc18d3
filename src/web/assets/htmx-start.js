/* oxlint-disable */
// What htmx may do here: swap markup that this origin sent. It neither makes scripts nor evaluates texts.
htmx.registerExtension('postern', {
  init: ({ initSecurity }) => {
    const refuse = () => {
      throw new Error('Pages hold no code.')
    }
    const rules = { createHTML: (markup) => markup, createScript: () => '' }
    const policy = window.trustedTypes?.createPolicy('postern', rules) ?? rules
    initSecurity(policy, refuse, refuse)
  },
})
