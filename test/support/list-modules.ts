import { appendFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'

/** To be given to a program by `--import`: it writes the URL of every module that it loads into its data directory. */
const list = join(process.env['POSTERN_DATA_DIR'] ?? '.', 'modules.txt')

registerHooks({
  load(url, context, nextLoad) {
    appendFileSync(list, `${url}\n`)
    return nextLoad(url, context)
  },
})
