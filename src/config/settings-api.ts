import { setting } from './setting.ts'
import { Mistake } from './values.ts'
import type { Reader } from './values.ts'

/** Origins between commas, each as browsers write it. */
const origins: Reader<readonly string[]> = (value) => {
  const entries = value
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
  if (entries.length === 0) return new Mistake('expects origins between commas, such as https://admin.example.com')
  const wrong = entries.find((entry) => !/^https?:\/\//.test(entry) || URL.parse(entry)?.origin !== entry)
  return wrong === undefined
    ? entries
    : new Mistake(`must hold origins such as https://admin.example.com, without a path, and not ${wrong}`)
}

/** Who calls the API besides the portal's own pages and programs. */
export const API_SETTINGS = {
  corsOrigins: setting(
    'POSTERN_CORS_ORIGINS',
    origins,
    null,
    'Other web pages that may call the API from a browser, by their origins between commas, such as https://admin.example.com. A page on a host of the same site acts as whoever is signed in, so name none that you would not let administer Postern. By default none.',
  ),
} as const
